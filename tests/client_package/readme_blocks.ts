import assert from "node:assert/strict";
import { join } from "node:path";
import type { InstalledPackage } from "./installed_package.ts";
import { run } from "./processes.ts";

const README = new URL("../../src/client/README.md", import.meta.url);
/** A marker or the fence of a block, and the block. */
const BLOCK = /(?<marker><!-- example: \S+ -->\s+)?^```tsx?\n(?<code>[\s\S]*?)^```$/gm;

/** Checks the types of all TypeScript of the guide that no other test runs. */
export async function checkReadme(installed: InstalledPackage): Promise<void> {
  const cwd = await installed.project("tests/client_package/projects/readme");
  const blocks = [...(await Deno.readTextFile(README)).matchAll(BLOCK)]
    .filter(({ groups }) => groups!.marker === undefined);
  assert.ok(blocks.length > 5, "there are blocks to be checked");
  for (const [at, { groups }] of blocks.entries()) {
    await Deno.writeTextFile(join(cwd, `block_${at + 1}.tsx`), `${groups!.code}\nexport {};\n`);
  }
  await run(installed.tool(".bin/tsc"), ["-p", "tsconfig.json"], { cwd });
}
