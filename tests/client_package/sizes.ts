import assert from "node:assert/strict";
import { join } from "node:path";
import type { InstalledPackage } from "./installed_package.ts";
import { run } from "./processes.ts";
import { nodeOf } from "./tools.ts";

/** Gzipped bytes that an app loads. */
const MAX = { core: 16 * 1024, outgoing: 4 * 1024, hooks: 3 * 1024, encryption: 55 * 1024 };

/**
 * Checks the sizes of an app's bundle: a dynamically imported module does not count for its
 * importer.
 */
export async function checkSizes(installed: InstalledPackage): Promise<void> {
  const client = 'export { ChatClient, ChatError } from "realtimechat-client";';
  const core = await sizeOf(installed, client);
  const both = await sizeOf(installed, `${client} export * from "realtimechat-client/react";`);
  const names = [...Deno.readDirSync(installed.library)].map(({ name }) => name);
  const partOf = (name: string) => join(installed.library, partNamed(names, name));
  const encryption = await sizeOf(installed, `export * from "${partOf("encryption")}";`);
  const signedIn = `${client} export * from "${partOf("outgoing")}";`;
  // Loaded on signing in; the core has a part of its modules.
  const outgoing = await sizeOf(installed, signedIn) - core;
  const sizes = { core, outgoing, hooks: both - core, encryption };
  console.log("Bytes, gzipped:", sizes);
  for (const [name, size] of Object.entries(sizes)) {
    const max = MAX[name as keyof typeof MAX];
    assert.ok(size <= max, `${name} has ${size} bytes, and may have ${max}`);
  }
}

/** Strings of the part for backends, which minifying keeps. */
const OF_BACKENDS = /x-act-as|webhook-signature|rtc_/;

/** Throws if an app's bundle, with all its parts, has something of the part for backends. */
export async function checkShaken(installed: InstalledPackage): Promise<void> {
  const bundled = async (code: string) => {
    await Deno.writeTextFile(join(installed.folder, "entry.js"), code);
    const args = ["entry.js", "--bundle", "--minify", "--splitting", "--format=esm"];
    const out = ["--external:react", "--outdir=shaken", "--log-level=warning"];
    const cwd = installed.folder;
    await run(installed.tool(".bin/esbuild"), [...args, ...out], { cwd });
    const texts = [...Deno.readDirSync(join(cwd, "shaken"))].map(({ name }) =>
      Deno.readTextFile(join(cwd, "shaken", name))
    );
    const text = (await Promise.all(texts)).join();
    await Deno.remove(join(cwd, "shaken"), { recursive: true });
    return text;
  };
  const page = 'export * from "realtimechat-client"; export * from "realtimechat-client/react";';
  assert.doesNotMatch(await bundled(page), OF_BACKENDS);
  assert.match(await bundled('export * from "realtimechat-client/server";'), OF_BACKENDS);
}

/** Returns the file of a dynamically imported module. */
function partNamed(files: string[], name: string): string {
  return files.find((file) => new RegExp(`^${name}-\\w+\\.js$`).test(file))!;
}

/** Bundles and minifies it with esbuild. */
async function sizeOf(
  installed: InstalledPackage,
  code: string,
): Promise<number> {
  const { tools, folder, library } = installed;
  await Deno.writeTextFile(join(folder, "entry.js"), code);
  const lazy = (await dynamicImportsOf(library)).map((name) => `--external:${name}`);
  const options = [
    "--bundle",
    "--minify",
    "--format=esm",
    "--external:react",
    "--log-level=warning",
  ];
  const args = ["entry.js", ...options, "--outfile=bundle.js", ...lazy];
  await run(installed.tool(".bin/esbuild"), args, { cwd: folder });
  // By Node's zlib, the one that web servers have: Deno's compresses half a percent less.
  const gzip = "zlib.gzipSync(fs.readFileSync('bundle.js'), { level: 9 }).length";
  return Number(await run(nodeOf(tools, 24), ["-p", gzip], { cwd: folder }));
}

async function dynamicImportsOf(folder: string): Promise<string[]> {
  const found = new Set<string>();
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".js")) continue;
    const text = await Deno.readTextFile(join(folder, name));
    for (const [, path] of text.matchAll(/\bimport\("(\.[^"]+)"\)/g)) found.add(path);
  }
  return [...found];
}
