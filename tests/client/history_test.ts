import assert from "node:assert/strict";
import type { MessageView } from "../../src/api/views/message.ts";
import { addRange, rangeAt } from "../../src/client/history_ranges.ts";
import type { LocalChat } from "../../src/client/local_chat.ts";
import type { HistoryWindow } from "../../src/client/mod.ts";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { clientOf, type TestClient } from "./people.ts";

Deno.test("around loads a place far back, and no message has a false neighbor until the gaps are closed", async () => {
  await using world = await longChat(200);
  const { bobs, chatId, sent } = world;
  const { client } = bobs;
  await client.openChat(chatId);
  const newest = texts(client.model.messagesOf(chatId));
  assert.deepEqual(newest, texts(sent.slice(-50)));

  const history = await client.around(chatId, sent[39].seq, 20);
  assert.deepEqual(shown(history), texts(sent.slice(30, 50)));
  const earlier = await client.around(chatId, sent[9].seq, 10);
  assert.deepEqual(shown(earlier), texts(sent.slice(5, 15)));
  assert.deepEqual(texts(client.model.messagesOf(chatId)), newest, "the newest are apart");
  assert.deepEqual([earlier, history].map((each) => each.view.getSnapshot().hasNewer), [
    true,
    true,
  ]);

  await earlier.loadNewer(10);
  assert.deepEqual(shown(earlier), texts(sent.slice(5, 25)), "a gap is left");
  await earlier.loadNewer(5);
  assert.deepEqual(shown(earlier), texts(sent.slice(5, 50)), "it touches the other");
  assert.deepEqual(shown(history), shown(earlier));
  await Promise.all([history.loadOlder(3), history.loadOlder(3)]);
  assert.deepEqual(shown(history), texts(sent.slice(0, 50)));
  assert.equal(history.view.getSnapshot().hasOlder, false);

  await history.loadNewer(100);
  assert.deepEqual(shown(history), texts(sent));
  assert.equal(history.view.getSnapshot().hasNewer, false);
  assert.deepEqual(texts(client.model.messagesOf(chatId)), texts(sent), "one history now");
  assert.equal(client.model.chat(chatId)!.completeFrom, 0);
  for (const each of [history, earlier]) each.close();
});

Deno.test("a place in the history follows edits, and its snapshot stays the same until then", async () => {
  await using world = await longChat(80);
  const { anns, bobs, chatId, sent } = world;
  await bobs.client.openChat(chatId);
  const history = await bobs.client.around(chatId, sent[9].seq, 10);
  const changes: unknown[] = [];
  history.view.subscribe(() => changes.push(history.view.getSnapshot()));
  const before = history.view.getSnapshot();
  await anns.client.send(chatId, { text: "New" });
  await eventually("bob has it", () => bobs.texts(chatId).includes("New"));
  assert.equal(history.view.getSnapshot(), before);
  await anns.client.edit(chatId, sent[9].id, "Edited");
  await eventually("bob sees it", () => shown(history).includes("Edited"));
  assert.ok(changes.length >= 1);
  await bobs.client.close();
  void bobs.client.react(chatId, sent[9].id, "👍");
  const row = () => history.view.getSnapshot().rows.find(({ id }) => id === sent[9].id)!;
  assert.equal(row().reactions.length, 1, "changes that wait are shown, too");
  history.close();
});

Deno.test("around a loaded message shows the newest messages, with those that wait", async () => {
  await using world = await longChat(10);
  const { bobs, chatId, sent } = world;
  await bobs.client.openChat(chatId);
  const history = await bobs.client.around(chatId, sent[4].seq);
  assert.equal(history.view.getSnapshot().rows, bobs.client.model.messagesOf(chatId));
  await bobs.client.close();
  void bobs.client.send(chatId, { text: "Waits" });
  assert.deepEqual(shown(history), [...texts(sent), "Waits"]);
  history.close();
});

Deno.test("addRange merges ranges that overlap or touch, in any order, and leaves gaps", () => {
  const local = { completeFrom: 100 } as LocalChat;
  assert.equal(addRange(local, { from: 50, to: 60 }), false);
  assert.equal(addRange(local, { from: 10, to: 20 }), false);
  assert.equal(addRange(local, { from: 22, to: 30 }), false);
  assert.deepEqual(rangeAt(local, 15), { from: 10, to: 20 });
  assert.equal(rangeAt(local, 21), undefined);
  addRange(local, { from: 21, to: 21 });
  assert.deepEqual(rangeAt(local, 15), { from: 10, to: 30 });
  addRange(local, { from: 25, to: 40 });
  assert.deepEqual(rangeAt(local, 21), { from: 10, to: 40 });
  assert.equal(addRange(local, { from: 58, to: 98 }), false);
  assert.equal(local.completeFrom, 100, "99 is missing");
  assert.equal(addRange(local, { from: 99, to: 99 }), true);
  assert.equal(local.completeFrom, 50);
  assert.deepEqual(rangeAt(local, 55), { from: 50, to: Infinity });
  assert.deepEqual(rangeAt(local, 40), { from: 10, to: 40 });
  assert.equal(addRange(local, { from: 0, to: 49 }), true);
  assert.equal(local.completeFrom, 0);
});

/** Ann's messages to bob, whose client was not there when they were sent. */
async function longChat(count: number) {
  const stack = new AsyncDisposableStack();
  const app = stack.use(await RunningApp.start());
  const { ann, bob } = await app.people("ann", "bob");
  const anns = stack.use(await clientOf(app.url, ann));
  const { id: chatId } = await anns.client.openDirect(bob.id);
  const sent: MessageView[] = [];
  const sending = Array.from({ length: count }, (_, i) => {
    return anns.client.send(chatId, { text: `message ${i + 1}` });
  });
  sent.push(...await Promise.all(sending));
  const bobs: TestClient = stack.use(await clientOf(app.url, bob));
  const dispose = () => stack.disposeAsync();
  return { anns, bobs, chatId, sent, [Symbol.asyncDispose]: dispose };
}

function texts(rows: readonly { text: string }[]): string[] {
  return rows.map(({ text }) => text);
}

function shown(history: HistoryWindow): string[] {
  return texts(history.view.getSnapshot().rows);
}
