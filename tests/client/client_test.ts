import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { clientOf } from "./people.ts";

Deno.test("a message is shown immediately, arrives at the other user, and is marked as read", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  await using bobs = await clientOf(app.url, bob);
  const chat = await anns.client.openDirect(bob.id);
  const sending = anns.client.send(chat.id, { text: "hello" });
  const [draft] = anns.client.model.messagesOf(chat.id);
  assert.deepEqual([draft.status, draft.text], ["sending", "hello"]);
  const sent = await sending;
  const shown = anns.client.model.messagesOf(chat.id);
  assert.deepEqual(shown.map(({ id, status }) => [id, status]), [[sent.id, "sent"]]);
  await eventually("bob has it", () => bobs.texts(chat.id).includes("hello"));
  await bobs.client.call("chat.read", { chatId: chat.id, seq: sent.seq });
  await eventually("ann sees it read", () => {
    return anns.client.model.chat(chat.id)?.members.get(bob.id)?.readSeq === sent.seq;
  });
});

Deno.test("messages read while a client was away are marked as read when it is back", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  await using bobs = await clientOf(app.url, bob);
  const chat = await anns.client.openDirect(bob.id);
  const { seq } = await anns.client.send(chat.id, { text: "hello" });
  await anns.client.openChat(chat.id);
  await anns.client.close();
  await bobs.client.call("chat.read", { chatId: chat.id, seq });
  anns.client.connect();
  await anns.client.online();
  assert.equal(anns.client.model.chat(chat.id)?.members.get(bob.id)?.readSeq, seq);
});
