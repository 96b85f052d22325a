import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { at, readmeExamples, runExamples } from "../tools/readme_examples.ts";
import { RunningApp } from "../support/running_app.ts";

const README = fileURLToPath(new URL("../../src/client/README.md", import.meta.url));
const CLIENT = new URL("../../src/client/", import.meta.url).href;

Deno.test("the quick start of the client runs", async () => {
  const { code, stdout, stderr } = await runAll("quick-start");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /bob hears: Hello, Bob!/);
  assert.match(stdout, /ann sent message text in a direct chat/);
  assert.match(stdout, /ann's screen: How are you\? sending/);
  assert.match(stdout, /ann's screen: How are you\? sent/);
  assert.match(stdout, /refused: name/);
});

Deno.test("the example of encrypted chats runs", async () => {
  const { code, stdout, stderr } = await runAll("encrypted");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /bob reads: Only we can read this/);
  assert.match(stdout, /compare: (\d{5} ){11}\d{5}\n/);
  assert.match(stdout, /verified: true/);
});

/**
 * Runs the examples whose name begins with `prefix` one after another, against a separate server.
 */
async function runAll(prefix: string) {
  await using app = await RunningApp.start();
  const examples = readmeExamples(await Deno.readTextFile(README))
    .filter(({ name }) => name.startsWith(prefix))
    .map((example) => at(example, app.url))
    .map((example) => ({
      ...example,
      code: example.code.replaceAll('"realtimechat-client"', `"${CLIENT}mod.ts"`)
        .replaceAll(/"realtimechat-client\/(\w+)"/g, `"${CLIENT}$1/mod.ts"`),
    }));
  assert.ok(examples.length > 0);
  return await runExamples(examples);
}
