import assert from "node:assert/strict";
import type { WireEvent } from "../../src/model/event.ts";
import { EncodedEvents } from "../../src/realtime/encoded_events.ts";
import type { Room } from "../../src/realtime/room.ts";
import { World } from "./world.ts";

const event = (rev: number) =>
  new EncodedEvents([{ event: "message.created", chatId: "c", rev, data: {} }]);

Deno.test("Connection buffers events until the answer to hello, and skips those that it contains", () => {
  const { connection, sink } = new World().connection("ann");
  for (let rev = 1; rev <= 4; rev++) connection.deliver(event(rev));
  assert.deepEqual(sink.revs("c"), []);
  connection.release(new Map([["c", 2]]));
  assert.deepEqual(sink.revs("c"), [3, 4]);
});

Deno.test("Connection checks events against the answer's cursors until they are reached, and not after", () => {
  const { connection, sink } = new World().connection("ann");
  connection.rooms.add({ chatId: "c", delivered: 0 } as Room);
  connection.release(new Map([["c", 2]]));
  for (let rev = 1; rev <= 3; rev++) connection.deliver(event(rev));
  const unchecked = event(4);
  const filter = () => assert.fail("each delivery would cost a look at its events");
  Object.assign(unchecked.events, { filter });
  connection.deliver(unchecked);
  assert.deepEqual(sink.revs("c"), [3, 4]);
});

Deno.test("Connection checks no event for cursors of chats that it does not listen to", () => {
  for (const cursors of [new Map<string, number>(), new Map([["left", 7]])]) {
    const { connection, sink } = new World().connection("ann");
    connection.rooms.add({ chatId: "c", delivered: 0 } as Room);
    connection.release(cursors);
    const unchecked = event(1);
    const filter = () => assert.fail("each delivery would cost a look at its events");
    Object.assign(unchecked.events, { filter });
    connection.deliver(unchecked);
    assert.deepEqual(sink.revs("c"), [1]);
  }
});

Deno.test("Connection closes a client whose buffer overflows", () => {
  const { connection, sink } = new World().connection("ann");
  for (let rev = 1; rev <= 10_000; rev++) connection.deliver(event(rev));
  assert.equal(sink.closed, null);
  connection.deliver(event(10_001));
  assert.equal(sink.closed, "slow_reader");
});

const message = (seq: number, rev = seq, chatId = "c"): WireEvent => ({
  event: "message.updated",
  chatId,
  rev,
  data: { seq },
});

Deno.test("Connection hides messages from before its user's time, and its events still cover their revisions", () => {
  const { connection, sink } = new World().connection("ann");
  connection.release();
  connection.hide({ chatId: "c", hiddenSeq: 5 });
  const page = { chatId: "c", messages: [{ seq: 5 }, { seq: 6 }], members: [] };
  const batch: WireEvent = { event: "chat.changes", chatId: "c", rev: 12, after: 9, data: page };
  connection.deliver(new EncodedEvents([message(5, 8), message(6, 9), batch]));
  connection.deliver(new EncodedEvents([message(5, 8, "other"), message(6, 9, "other")]));
  assert.deepEqual(sink.revs("c"), [8, 9, 12]);
  assert.deepEqual(sink.events.map(({ event }) => event), [
    "chat.changes",
    "message.updated",
    "chat.changes",
    "message.updated",
    "message.updated",
  ]);
  const [hidden, , shown] = sink.events as { data: { messages: unknown[] } }[];
  assert.deepEqual([hidden.data.messages, shown.data.messages], [[], [{ seq: 6 }]]);
  connection.hide({ chatId: "c", hiddenSeq: 0 });
  connection.deliver(new EncodedEvents([message(4, 13)]));
  assert.equal(sink.events.at(-1)!.event, "message.updated", "a later membership shows all");
});

Deno.test("Connection shares the frame of events in which nothing is hidden from its user", () => {
  const { connection } = new World().connection("ann");
  connection.release();
  connection.hide({ chatId: "c", hiddenSeq: 5 });
  const events = new EncodedEvents([message(6), message(7)]);
  let encoded = 0;
  const frame = events.frame.bind(events);
  events.frame = (codec) => (encoded++, frame(codec));
  connection.deliver(events);
  assert.equal(encoded, 1);
});
