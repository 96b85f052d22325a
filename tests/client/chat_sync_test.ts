import assert from "node:assert/strict";
import { ChatSync } from "../../src/client/chat_sync.ts";
import { delay } from "../../src/core/delay.ts";
import { Model } from "../../src/client/model.ts";
import type { ServerEvent } from "../../src/client/events.ts";
import type { ChatView } from "../../src/api/views/chat.ts";
import { RunningApp } from "../support/running_app.ts";
import { clientOf } from "./people.ts";

Deno.test("an old message that changes leaves no gap in the history", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  const chat = await anns.client.openDirect(bob.id);
  const texts = Array.from({ length: 70 }, (_, i) => `message ${i + 1}`);
  const sent = await Promise.all(texts.map((text) => anns.client.send(chat.id, { text })));
  await using bobs = await clientOf(app.url, bob);
  await bobs.client.openChat(chat.id);
  assert.deepEqual(bobs.texts(chat.id), texts.slice(-50));
  await bobs.client.react(chat.id, sent[0].id, "👍");
  assert.deepEqual(bobs.texts(chat.id), texts.slice(-50), "the first one is out of its place");
  assert.equal(await bobs.client.loadOlder(chat.id, 15), true);
  assert.deepEqual(bobs.texts(chat.id), texts.slice(-65));
  assert.equal(await bobs.client.loadOlder(chat.id, 15), false);
  assert.deepEqual(bobs.texts(chat.id), texts);
  const [first] = bobs.client.model.messagesOf(chat.id);
  assert.deepEqual(first.reactions, [{ emoji: "👍", count: 1, userIds: [bob.id], mine: true }]);
  assert.equal(await bobs.client.loadOlder(chat.id), false);
});

Deno.test("ChatSync catches up on a durable event of a later version, as rows", async () => {
  const { sync, calls, model } = synced((after) => ({ rev: after + 1, more: false }));
  const event = { event: "poll.created", chatId: "chat", rev: 6, data: { id: "no message" } };
  sync.onEvent(event as unknown as ServerEvent);
  await sync.idle();
  assert.deepEqual(calls, [5]);
  assert.equal(model.chat("chat")!.cursor, 6);
  assert.equal(model.chat("chat")!.messages.size, 0);
});

Deno.test("ChatSync does not repeat requests to a server that makes no progress", async () => {
  const { sync, calls, model } = synced((after) => ({ rev: after, more: true }));
  sync.onEvent({ event: "chat.updated", chatId: "chat", rev: 9, data: {} as ChatView });
  await sync.idle();
  assert.deepEqual(calls, [5]);
  assert.equal(model.chat("chat")!.cursor, 5);
});

Deno.test("ChatSync answers any number of resyncs with one sync, however many chats there are", async () => {
  const calls: string[] = [];
  const model = new Model();
  for (let i = 0; i < 50; i++) model.putChat({ id: `chat${i}`, rev: 5 } as ChatView);
  const synced = Promise.withResolvers<void>();
  const sync = new ChatSync(model, {
    call: ((name: string, { cursors }: { cursors: Record<string, number> }) => {
      calls.push(name);
      const items = Object.keys(cursors).map((chatId) => ({
        chatId,
        rev: 6,
        messages: [],
        members: [],
        more: false,
      }));
      queueMicrotask(() => queueMicrotask(synced.resolve));
      return Promise.resolve({ items, next: null });
    }) as never,
    userId: () => "ann",
    onRows() {},
    onLeft() {},
    onChat() {},
    onFault: (error) => assert.fail(error as Error),
  });
  for (let i = 0; i < 3; i++) sync.onEvent({ event: "resync", data: {} });
  await synced.promise;
  await delay(10);
  assert.deepEqual(calls, ["sync"]);
  assert.ok([...model.chats.values()].every(({ cursor }) => cursor === 6));
});

/** In step up to revision 5 of one chat; `changes` determines how far a catch-up gets. */
function synced(changes: (after: number) => { rev: number; more: boolean }) {
  const model = new Model();
  model.putChat({ id: "chat", rev: 5 } as ChatView);
  const calls: number[] = [];
  const sync = new ChatSync(model, {
    call: ((_name: string, { after }: { after: number }) => {
      calls.push(after);
      return Promise.resolve({ chatId: "chat", messages: [], members: [], ...changes(after) });
    }) as never,
    userId: () => "ann",
    onRows() {},
    onLeft() {},
    onChat() {},
    onFault: (error) => assert.fail(error as Error),
  });
  return { sync, calls, model };
}
