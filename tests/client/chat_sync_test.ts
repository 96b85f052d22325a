import assert from "node:assert/strict";
import { ChatSync } from "../../src/client/chat_sync.ts";
import { ChatError } from "../../src/client/chat_error.ts";
import { delay } from "../../src/core/delay.ts";
import { Model } from "../../src/client/model.ts";
import type { ServerEvent } from "../../src/client/events.ts";
import type { ChatView } from "../../src/api/views/chat.ts";
import { eventually } from "../support/eventually.ts";
import { within } from "../support/within.ts";
import { RunningApp } from "../support/running_app.ts";
import { LiveTimers } from "./live_timers.ts";
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
  const cursors = [...model.chats.values()].map(({ cursor }) => cursor);
  assert.ok(cursors.length > 0);
  assert.deepEqual(new Set(cursors), new Set([6]));
  sync.close();
});

Deno.test("ChatSync fetches what events announce during a catch-up, and applies nothing out of order", async () => {
  const world = new HeldSync();
  world.event(8);
  world.event(9);
  world.event(6);
  assert.equal(world.cursor, 5, "all are still to be fetched");
  await world.answer("chat.changes", { rev: 8 });
  await world.answer("chat.changes", { rev: 9 });
  await world.sync.idle();
  world.event(10);
  assert.deepEqual([world.afters, world.cursor], [[5, 8], 10]);
});

Deno.test("ChatSync loads a new chat once, though several events name it meanwhile", async () => {
  const world = new HeldSync();
  world.event(3, "new chat");
  await eventually("it is being loaded", () => world.pending === 1);
  world.event(4, "new chat");
  world.event(5, "new chat");
  const members = [{ userId: "ann", rev: 1, joinedAt: "2026-01-01T00:00:00Z", leftAt: null }];
  await world.answer("chat.get", { id: "new chat", rev: 5, members });
  await world.answer("message.list", { items: [], next: null });
  await world.answer("chat.changes", { chatId: "new chat", rev: 5 });
  await within("it is loaded", world.sync.idle(), 20_000);
  assert.deepEqual([world.pending, world.afters], [0, [5]]);
  world.sync.close();
});

Deno.test("ChatSync asks again if an event overtook the answer to a catch-up", async () => {
  const world = new HeldSync();
  world.event(3, "new chat");
  const members = [{ userId: "ann", rev: 1, joinedAt: "2026-01-01T00:00:00Z", leftAt: null }];
  await world.answer("chat.get", { id: "new chat", rev: 3, members });
  await world.answer("message.list", { items: [], next: null });
  await eventually("it catches up", () => world.afters.length === 1);
  world.event(4, "new chat");
  await world.answer("chat.changes", { chatId: "new chat", rev: 3 });
  await world.answer("chat.changes", { chatId: "new chat", rev: 4 });
  await within("it is loaded", world.sync.idle(), 20_000);
  assert.deepEqual([world.pending, world.afters], [0, [3, 3]]);
  world.sync.close();
});

Deno.test("ChatSync asks again for a catch-up that failed, at the next event", async () => {
  const world = new HeldSync();
  world.event(8);
  await world.fail("chat.changes");
  await world.sync.idle();
  world.event(9);
  await world.answer("chat.changes", { rev: 9 });
  await world.sync.idle();
  assert.deepEqual([world.afters, world.cursor], [[5, 5], 9]);
  world.sync.close();
});

Deno.test("ChatSync asks again for a catch-up that failed in a chat that stays quiet", async () => {
  using timers = new LiveTimers();
  const world = new HeldSync();
  world.event(8);
  await world.fail("chat.changes");
  await world.sync.idle();
  timers.passTime(60_000);
  await world.fail("sync");
  await eventually("a pause begins", () => timers.count > 0);
  timers.passTime(60_000);
  await world.answer("sync", { items: [{ ...ROWS, rev: 8 }], next: null });
  await eventually("the rows are here", () => world.cursor === 8);
  world.sync.close();
  assert.equal(timers.count, 0);
});

Deno.test("ChatSync asks again for a new chat that could not be loaded, at its next event", async () => {
  const world = new HeldSync();
  world.event(3, "new chat");
  await world.fail("chat.get");
  await world.sync.idle();
  world.event(4, "new chat");
  await world.answer("chat.get", { id: "new chat", rev: 4, members: [] });
  world.sync.close();
});

Deno.test("ChatSync names a chat that was added, and none that it loads again", async () => {
  const world = new HeldSync();
  const load = async (id: string, rev: number) => {
    await world.answer("chat.get", { id, rev, members: [] });
    await world.answer("message.list", { items: [], next: null });
  };
  world.event(3, "new chat");
  await load("new chat", 3);
  await world.answer("chat.changes", { chatId: "new chat", rev: 3 });
  await within("it is loaded", world.sync.idle(), 20_000);
  assert.deepEqual(world.added, ["new chat"]);
  const opening = world.sync.open("new chat");
  await load("new chat", 4);
  await within("it is open", opening, 20_000);
  world.event(9, "new chat");
  await world.answer("chat.changes", { chatId: "new chat", rev: 9, reset: true });
  await load("new chat", 9);
  await within("it is loaded anew", world.sync.idle(), 20_000);
  assert.deepEqual(world.added, ["new chat"]);
  world.sync.close();
});

Deno.test("ChatSync announces of a new chat what was sent since the caller joined, by revision or time", async () => {
  const world = new HeldSync();
  const announced: string[] = [];
  world.model.on("message", ({ message }) => void announced.push(message.id));
  const joinedAt = "2026-01-01T00:00:10.000Z";
  const message = (id: string, seq: number, second: string) => ({
    id,
    seq,
    rev: seq,
    chatId: "new chat",
    clientId: id,
    senderId: "bob",
    reactions: [],
    createdAt: `2026-01-01T00:00:${second}.000Z`,
  });
  world.event(30, "new chat");
  const members = [{ userId: "ann", rev: 20, joinedAt, leftAt: null }];
  await world.answer("chat.get", { id: "new chat", rev: 30, members });
  const items = [
    message("before", 10, "09"),
    // The member row has since changed, so that its revision is above that of the message.
    message("at the same time", 11, "10"),
    // The clock of the instance that took it is behind.
    message("later revision", 21, "09"),
  ];
  await world.answer("message.list", { items, next: null });
  await world.answer("chat.changes", { chatId: "new chat", rev: 30 });
  await within("it is loaded", world.sync.idle(), 20_000);
  assert.deepEqual(announced, ["at the same time", "later revision"]);
  world.sync.close();
});

Deno.test("ChatSync applies a resync during a catch-up once, whichever is answered first", async () => {
  for (const order of [["chat.changes", "sync"], ["sync", "chat.changes"]]) {
    using timers = new LiveTimers();
    const world = new HeldSync();
    world.event(8);
    world.sync.onEvent({ event: "resync", data: {} });
    timers.passTime(60_000);
    for (const name of order) {
      await world.answer(
        name,
        name === "sync" ? { items: [{ ...ROWS, rev: 8 }], next: null } : { rev: 8 },
      );
    }
    await world.sync.idle();
    await eventually("both are over", () => world.pending === 0);
    assert.equal(world.cursor, 8);
    world.event(9, "chat", 8);
    assert.equal(world.cursor, 9, "the next event follows");
    world.sync.close();
  }
});

Deno.test("ChatSync starts no timer for work that ends after it was closed", async () => {
  using timers = new LiveTimers();
  const world = new HeldSync();
  const syncing = world.sync.takeSync({ items: [{ ...ROWS, rev: 8, more: true }], next: null });
  world.event(9);
  await eventually("both are under way", () => world.pending === 2);
  world.sync.close();
  await world.answer("sync", { items: [{ ...ROWS, rev: 9 }], next: null });
  await syncing;
  await world.fail("chat.changes");
  await world.sync.idle();
  assert.equal(timers.count, 0);
});

const ROWS = { chatId: "chat", messages: [], members: [], more: false };

/**
 * The model has all of "chat" up to revision 5. Requests to the server stay pending until the test
 * resolves them, the oldest first.
 */
class HeldSync {
  readonly model = new Model();
  /** Cursors of the requests for changes. */
  readonly afters: number[] = [];
  /** Chats that were added to the model. */
  readonly added: string[] = [];
  readonly #requests: { name: string; settled: PromiseWithResolvers<unknown> }[] = [];
  readonly sync: ChatSync;

  constructor() {
    this.model.putChat({ id: "chat", rev: 5 } as ChatView);
    this.sync = new ChatSync(this.model, {
      call: ((name: string, { after }: { after?: number }) => {
        if (after !== undefined) this.afters.push(after);
        const settled = Promise.withResolvers<unknown>();
        this.#requests.push({ name, settled });
        return settled.promise;
      }) as never,
      userId: () => "ann",
      onRows() {},
      onLeft() {},
      onChat: (chatId) => void this.added.push(chatId),
      onFault() {},
    });
  }

  get pending(): number {
    return this.#requests.length;
  }

  get cursor(): number {
    return this.model.chat("chat")!.cursor;
  }

  event(rev: number, chatId = "chat", after?: number): void {
    const data = { id: chatId, rev } as ChatView;
    this.sync.onEvent({ event: "chat.updated", chatId, rev, after, data } as ServerEvent);
  }

  async answer(name: string, data: object): Promise<void> {
    (await this.#request(name)).resolve(name === "chat.changes" ? { ...ROWS, ...data } : data);
  }

  async fail(name: string): Promise<void> {
    (await this.#request(name)).reject(new ChatError("offline", "The connection broke"));
  }

  async #request(name: string): Promise<PromiseWithResolvers<unknown>> {
    const is = (each: { name: string }) => each.name === name;
    await eventually(`${name} is called`, () => this.#requests.some(is));
    return this.#requests.splice(this.#requests.findIndex(is), 1)[0].settled;
  }
}

/** The model has one chat up to revision 5; `changes` determines how far a catch-up gets. */
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
