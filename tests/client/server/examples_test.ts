import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { functionsWithoutExample } from "../../checks/public_functions.ts";
import { TempDir } from "../../support/temp_dir.ts";
import { commentExamples, programOf } from "../../tools/comment_examples.ts";
import { backendWorld, SECRET, signed } from "./world.ts";

const CLIENT = fileURLToPath(new URL("../../../src/client/", import.meta.url));
const SERVER = `${CLIENT}server/`;

Deno.test("every public function of the library's part for backends has an example", async () => {
  assert.deepEqual(
    await functionsWithoutExample(`${SERVER}mod.ts`).then((all) => {
      return all.filter((name) => !name.startsWith("ChatError"));
    }),
    [],
  );
});

Deno.test("the examples in the comments of the library's part for backends run", async (t) => {
  const examples = await commentExamples(SERVER);
  assert.ok(examples.length > 10, `${examples.length} examples`);
  await using w = await backendWorld();
  await using folder = await TempDir.make("examples");
  const body = JSON.stringify({ id: "e", type: "message.created", data: { text: "Hello" } });
  const written: string[] = [];
  const writeFile = (_: string, text: string) => void written.push(text);
  for (const [number, example] of examples.entries()) {
    await t.step(`${example.file}:${example.line}`, async () => {
      const { user } = await w.chat.users.put("customer-17", { name: "Ann Example" });
      const { user: { id: recipientId } } = await w.chat.users.put("customer-18", {});
      const ann = w.chat.actAs("ext:customer-17");
      const { id: chatId } = await ann.call("group.create", { name: user.displayName });
      const request = new Request(w.app.url, { method: "POST", headers: signed(body), body });
      const world = { ...w, url: w.app.url, chatId, recipientId, secret: SECRET, request };
      const names = "chat, url, key, chatId, recipientId, secret, request, writeFile";
      const path = folder.join(`example_${number}.ts`);
      await Deno.writeTextFile(path, programOf(example, CLIENT, names));
      const { default: run } = await import(`file://${path}`);
      await run({ ...world, writeFile });
      await w.chat.users.reactivate("customer-17").catch(() => {});
    });
  }
  assert.equal(written.length, 1, "the export is written");
  assert.match(written[0], /Ann Ex/);
});
