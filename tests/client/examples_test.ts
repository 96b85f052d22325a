import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { functionsWithoutExample } from "../checks/public_functions.ts";
import { eventually } from "../support/eventually.ts";
import { type Person, seedPeople } from "../support/people.ts";
import { RunningApp } from "../support/running_app.ts";
import { TempDir } from "../support/temp_dir.ts";
import { commentExamples, type ExampleProgram, programOf } from "../tools/comment_examples.ts";
import { clientOf, type TestClient } from "./people.ts";

const CLIENT = fileURLToPath(new URL("../../src/client/", import.meta.url));

/**
 * Without an example: functions that run in a browser only, errors of MLS, and the library's own
 * model.
 */
const WITHOUT = /^(Model|Mls\w+|indexedDb\w+)\b/;

/** Their examples need clients with keys, and an encrypted group. */
const NEEDS_ENCRYPTION = /client\.encryption|Encrypted\(/;

Deno.test("every public function of the client library has an example", async () => {
  const missing = await functionsWithoutExample(`${CLIENT}mod.ts`);
  assert.deepEqual(missing.filter((name) => !WITHOUT.test(name)), []);
});

Deno.test("the examples in the comments of the client library run", async (t) => {
  // Those of backends have other surroundings: tests/client/server/examples_test.ts.
  const examples = (await commentExamples(CLIENT)).filter(({ file }) => !/^server\W/.test(file));
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
      const begin = NEEDS_ENCRYPTION.test(example.code) ? world.beginEncrypted : world.begin;
      await run({ assert, url: app.url, ...await begin() });
    });
  }
});

/**
 * Two people: one keeps a connection, and the other gets a new one, and a new group, for each
 * example. An example with encryption gets an encrypted group, and shares its client, which is one
 * device, with the others.
 */
async function worldOf(app: RunningApp, ann: Person, bob: Person) {
  const friend = await clientOf(app.url, bob);
  let own: TestClient | null = null;
  let encrypted: TestClient | null = null;
  return {
    begin: async () => {
      const group = { name: "Team", memberIds: [ann.id] };
      const { id: chatId } = await friend.client.call("group.create", group);
      const { id: messageId } = await friend.client.send(chatId, { text: "Hello" });
      await own?.[Symbol.asyncDispose]();
      const next = own = await clientOf(app.url, ann);
      return { client: next.client, friend: friend.client, chatId, messageId };
    },
    beginEncrypted: async () => {
      await friend.client.enableEncryption("Friend's laptop");
      const { client } = encrypted ??= await clientOf(app.url, ann, { device: "Ann's laptop" });
      const { id: chatId } = await friend.client.encryption.createGroup("Team", [ann.id]);
      const { id: messageId } = await friend.client.send(chatId, { text: "Hello" });
      const isRead = () => client.model.chat(chatId)?.messages.get(messageId)?.text === "Hello";
      await eventually("the message is read", isRead);
      return { client, friend: friend.client, chatId, messageId };
    },
    async [Symbol.asyncDispose]() {
      for (const each of [own, encrypted, friend]) await each?.[Symbol.asyncDispose]();
    },
  };
}
