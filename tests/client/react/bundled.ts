import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { TempDir } from "../../support/temp_dir.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Returns a program for browsers, with everything it imports. */
export async function bundled(
  entry: string,
  { config = "tests/deno.json", external = [] }: { config?: string; external?: string[] },
): Promise<Uint8Array<ArrayBuffer>> {
  await using folder = await TempDir.make("hooks");
  const path = folder.join("app.js");
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--config",
      config,
      "--platform",
      "browser",
      "--minify",
      ...["@noble/ciphers/chacha.js", ...external].flatMap((name) => ["--external", name]),
      "--output",
      path,
      entry,
    ],
    cwd: ROOT,
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return await Deno.readFile(path);
}
