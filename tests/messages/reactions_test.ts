import assert from "node:assert/strict";
import type { ChatCommit } from "../../src/model/chat_step.ts";
import type { WireEvent } from "../../src/model/event.ts";
import { silentLog } from "../../src/core/log.ts";
import { ReceiptGatherer } from "../../src/realtime/receipt_gatherer.ts";
import { mergeUpdates, stepEvent } from "../../src/api/views/chat_events.ts";
import { withOwnReactions } from "../../src/client/own_reactions.ts";
import { ChatWorld } from "../chats/chat_world.ts";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { testedStores } from "../support/tested_stores.ts";
import { WsClient } from "../support/ws_client.ts";

// deno-lint-ignore no-explicit-any -- tests read results at any depth
type Body = any;

const eventsOf = (commit: ChatCommit): WireEvent[] =>
  mergeUpdates(commit.steps).map((step) => stepEvent(commit.chatId, step));

for (const { name, ignore, environment } of testedStores()) {
  Deno.test({
    name:
      `a message returns its reaction counts, the first twenty users, and the caller's own (${name})`,
    ignore,
    async fn() {
      await using app = await RunningApp.start(environment());
      const names = Array.from({ length: 23 }, (_, n) => `person${n}`);
      const people = Object.values(await app.people(...names));
      const clients = people.map((person) => app.client(person));
      const memberIds = people.slice(1).map(({ id }) => id);
      const chatId = (await clients[0].post("/api/groups", { name: "G", memberIds })).body.id;
      const { client: socket } = await WsClient.connect(app.webSocketUrl, people[0].token);
      const message = (await clients[0].post("/api/messages", { chatId, text: "vote" })).body;
      const path = `/api/messages/${message.id}`;
      for (const client of clients) {
        const reacted = await client.post(`${path}/react`, { emoji: "👍" });
        assert.equal(reacted.body.reactions[0].mine, true);
      }
      const ids = people.map(({ id }) => id);
      const listed = async (at: number): Promise<Body> =>
        (await clients[at].get(`/api/messages/${chatId}?limit=1`)).body.items[0].reactions;
      const first = { emoji: "👍", count: 23, userIds: ids.slice(0, 20), mine: true };
      assert.deepEqual(await listed(22), [first]);
      await clients[22].post(`${path}/react`, { emoji: "👍", remove: true });
      assert.deepEqual(await listed(22), [{ ...first, count: 22, mine: false }]);
      assert.deepEqual(await listed(21), [{ ...first, count: 22 }]);
      const changes = await clients[21].get(`/api/chats/${chatId}/changes?after=${message.rev}`);
      assert.equal(changes.body.messages[0].reactions[0].mine, true);

      const events = await eventually("every event is received", () => {
        const received = socket.events.filter(({ event }) => event === "message.updated");
        const named = received.flatMap(({ data }) => (data as Body).reacted);
        return named.length === 24 && received;
      }) as WireEvent[];
      const named = events.flatMap(({ data }) => (data as Body).reacted);
      assert.deepEqual(named.map(({ userId }: Body) => userId), [...ids, ids[22]]);
      assert.deepEqual(named.at(-1), { emoji: "👍", userId: ids[22], removed: true });
      for (const { data } of events) assert.equal((data as Body).reactions[0].mine, undefined);
      await socket.close();

      const page = async (query: string): Promise<Body> =>
        (await clients[5].get(`${path}/reactions?emoji=${encodeURIComponent("👍")}${query}`)).body;
      const one = await page("&limit=15");
      const two = await page(`&limit=15&cursor=${one.next}`);
      assert.deepEqual([one.count, two.next], [22, null]);
      assert.deepEqual(
        [...one.items, ...two.items].map(({ userId }: Body) => userId),
        ids.slice(0, 22),
      );
      await clients[14].post(`${path}/react`, { emoji: "👍", remove: true });
      const again = await page(`&limit=15&cursor=${one.next}`);
      assert.equal(again.items.at(-1).userId, ids[21]);
      assert.equal((await page("&cursor=x")).status, 400);
      assert.deepEqual((await page("&limit=1&cursor=")).status, 400);
      const { eve } = await app.people("eve");
      const refused = await app.client(eve).get(
        `${path}/reactions?emoji=${encodeURIComponent("👍")}`,
      );
      assert.equal(refused.status, 404);
    },
  });
}

/** Events of one listener when `size` members read a message and react to it at once. */
async function allReadAndReact(size: number) {
  await using world = await ChatWorld.make({ groupMembers: 2_000 });
  const { chatId, ids } = await world.group(size);
  const { sender, editor, receipts, receiptsMoved, commits } = world.services;
  const { message } = await sender.send(ids[0], { chatId, text: "vote" });
  const before = commits.length;
  await Promise.all(ids.map((id) => editor.react(id, message.id, "👍", false)));
  const received = commits.slice(before).flatMap(eventsOf);
  for (const id of ids.slice(1)) await receipts.markRead(id, chatId, message.seq);
  const toRoom: WireEvent[] = [], toUsers: WireEvent[] = [];
  const gatherer = new ReceiptGatherer({
    store: world.store,
    publisher: {
      toRoom: (_, event) => void toRoom.push(event),
      toUsers: (_, event) => void toUsers.push(event),
    },
    log: silentLog,
    limits: { receiptMembers: 100 },
    gatherMs: 20,
    countMs: 20,
  });
  for (const member of receiptsMoved) gatherer.moved(member, { memberCount: size }, true);
  await eventually("the count has gone out", () => toRoom.length >= 2);
  gatherer.close();
  const events = received.length + toRoom.length;
  const bytes = JSON.stringify([...received, ...toRoom]).length;
  const named = received.flatMap(({ data }) =>
    (data as Body).reacted.map((each: Body) => each.userId)
  );
  return { events, bytes, own: toUsers.length, named, ids, last: received.at(-1)!.data as Body };
}

Deno.test("a thousand members who read a message and react to it cause few events for each", async () => {
  const [half, whole] = [await allReadAndReact(500), await allReadAndReact(1_000)];
  for (const { events, own, named, ids, last } of [half, whole]) {
    assert(events <= 20, `${events} events for each listener`);
    assert.equal(own, ids.length - 1, "each receives their own read cursor");
    assert.deepEqual(named.toSorted(), ids.toSorted(), "everybody is named once");
    assert.equal(last.reactions[0].count, ids.length);
    assert.equal(last.reactions[0].userIds.length, 20);
  }
  assert(whole.bytes < 2.5 * half.bytes, `${half.bytes} and ${whole.bytes} bytes a listener`);
});

Deno.test("consecutive changes of one message are one event over their revisions", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [ann, bob] } = await world.group(2);
  const { sender, editor, commits } = world.services;
  const { message } = await sender.send(ann, { chatId, text: "vote" });
  const before = commits.length;
  await Promise.all([
    editor.react(ann, message.id, "👍", false),
    editor.react(bob, message.id, "👍", false),
    sender.send(bob, { chatId, text: "between" }),
    editor.react(bob, message.id, "🎉", false),
  ]);
  const events = commits.slice(before).flatMap(eventsOf);
  let cursor = message.rev;
  for (const { rev, after = rev! - 1 } of events) {
    assert.equal(after, cursor, "no hole and no overlap");
    cursor = rev!;
  }
  assert.equal(cursor, message.rev + 4);
  assert(events.some(({ event }) => event === "message.created"));
});

Deno.test("a client learns its own reactions from pages, from the first twenty, and from events", () => {
  const many = { emoji: "👍", count: 30, userIds: ["a", "b"] };
  const own = (reacted: Body, cached: Body = [], reaction: Body = many) =>
    withOwnReactions({ reactions: [reaction], reacted }, cached, "me")[0].mine;
  const change = (removed: boolean, userId = "me") => [{ emoji: "👍", userId, removed }];
  assert.equal(own(undefined), false);
  assert.equal(own(change(false)), true);
  assert.equal(own(change(false, "you")), false);
  assert.equal(own(undefined, [{ ...many, mine: true }]), true);
  assert.equal(own(change(true), [{ ...many, mine: true }]), false);
  assert.equal(own([...change(true), ...change(false)]), true);
  assert.equal(own(undefined, [], { ...many, userIds: ["me"] }), true);
  assert.equal(own(undefined, [{ ...many, mine: true }], { ...many, count: 2 }), false);
  assert.equal(own(undefined, [], { ...many, mine: true }), true);
});
