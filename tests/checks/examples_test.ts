import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { filesWithExamples } from "../tools/test_files.ts";
import { functionsWithoutExample } from "./public_functions.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ENGINE = "src/transport/socketio/engine";

Deno.test("every public function of the Engine.IO engine has an example", async () => {
  assert.deepEqual(await functionsWithoutExample(`${ROOT}/${ENGINE}/mod.ts`), []);
});

Deno.test("the tests run the examples of the Engine.IO engine", async () => {
  const files = await filesWithExamples(ROOT);
  for (const file of ["deno_engine.ts", "pre_encoded.ts"]) {
    assert.ok(files.includes(`${ENGINE}/${file}`), file);
  }
});

Deno.test("functions and methods without an example are named, unless they are internal", async () => {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, SOURCE);
    assert.deepEqual(await functionsWithoutExample(file), ["bare", "Thing.plain"]);
  } finally {
    await Deno.remove(file);
  }
});

const SOURCE = `
/** No example. */
export function bare(): void {}

/**
 * \`\`\`ts
 * shown();
 * \`\`\`
 */
export function shown(): void {}

/**
 * \`\`\`ts
 * new Thing();
 * \`\`\`
 */
export class Thing {
  get size(): number {
    return 0;
  }
  plain(): void {}
  /** @internal */
  hidden(): void {}
  private own(): void {}
}

function local(): void {}
`;
