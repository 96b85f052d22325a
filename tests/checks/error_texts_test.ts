import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

const SRC = fileURLToPath(new URL("../../src", import.meta.url));

/** Finds `"Signing in: …"`, wherever the text is kept before it becomes an error. */
const OPERATION_NAME = /["`](?!Everything|Something|Nothing)[A-Z]\w*ing\b[a-z /.]{0,40}: [^"`]*/g;

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* sources(path);
    else if (/\.tsx?$/.test(name)) yield path;
  }
}

Deno.test("texts that people read do not begin with the name of an operation", async () => {
  const found: string[] = [];
  for await (const path of sources(SRC)) {
    const text = await Deno.readTextFile(path);
    for (const [match] of text.matchAll(OPERATION_NAME)) found.push(`${path}: ${match}`);
  }
  assert.deepEqual(found, []);
});
