import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { functionsWithoutExample } from "../checks/public_functions.ts";
import { type Person, seedPeople } from "../support/people.ts";
import { RunningApp } from "../support/running_app.ts";
import { TempDir } from "../support/temp_dir.ts";
import { commentExamples, type ExampleProgram, programOf } from "../tools/comment_examples.ts";
import { clientOf } from "./people.ts";

const CLIENT = fileURLToPath(new URL("../../src/client/", import.meta.url));

/**
 * Without an example: `Encryption`, whose examples need clients with keys and are in the README (the tests
 * run them there); files of encrypted chats, which are there too; functions that run in a browser
 * only; the errors of MLS; and the model, which is for the library's own use.
 */
const WITHOUT = /^(Encryption|Model|Mls\w+|indexedDb\w+)\b|^Files\.\w+Encrypted$/;

Deno.test("every public function of the client library has an example", async () => {
  const missing = await functionsWithoutExample(`${CLIENT}mod.ts`);
  assert.deepEqual(missing.filter((name) => !WITHOUT.test(name)), []);
});

Deno.test("the examples in the comments of the client library run", async (t) => {
  const examples = await commentExamples(CLIENT);
  assert.ok(examples.length > 30, `${examples.length} examples`);
  await using app = await RunningApp.start();
  await using folder = await TempDir.make("examples");
  const { ann, bob } = await seedPeople(app.config, ["ann", "bob"]);
  await using world = await worldOf(app, ann, bob);
  for (const [number, example] of examples.entries()) {
    await t.step(`${example.file}:${example.line}`, async () => {
      const path = folder.join(`example_${number}.ts`);
      await Deno.writeTextFile(path, programOf(example, CLIENT));
      const { default: run }: { default: ExampleProgram } = await import(`file://${path}`);
      await run({ assert, url: app.url, ...await world.begin() });
    });
  }
});

/** Two people: one keeps a connection, and the other gets a new one, and a new group, for each example. */
async function worldOf(app: RunningApp, ann: Person, bob: Person) {
  const friend = await clientOf(app.url, bob);
  let own: AsyncDisposable | null = null;
  return {
    async begin() {
      const group = { name: "Team", memberIds: [ann.id] };
      const { id: chatId } = await friend.client.call("group.create", group);
      const { id: messageId } = await friend.client.send(chatId, { text: "Hello" });
      await own?.[Symbol.asyncDispose]();
      const next = own = await clientOf(app.url, ann);
      return { client: next.client, friend: friend.client, chatId, messageId };
    },
    async [Symbol.asyncDispose]() {
      await own?.[Symbol.asyncDispose]();
      await friend[Symbol.asyncDispose]();
    },
  };
}
