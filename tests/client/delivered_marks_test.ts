import assert from "node:assert/strict";
import { ChatError } from "../../src/client/chat_error.ts";
import type { MemberView } from "../../src/api/views/member.ts";
import type { MessageView } from "../../src/api/views/message.ts";
import { DeliveredMarks } from "../../src/client/delivered_marks.ts";
import { Model } from "../../src/client/model.ts";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { LiveTimers } from "./live_timers.ts";
import { clientOf } from "./people.ts";

Deno.test("a client reports what has arrived, live or while it was away, without being read", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  const { id: chatId } = await anns.client.openDirect(bob.id);
  const early = await anns.client.send(chatId, { text: "Before bob has connected" });
  const isDelivered = (seq: number) => () => {
    const { deliveredSeq, readSeq } = anns.client.model.chat(chatId)!.members.get(bob.id)!;
    return deliveredSeq >= seq && readSeq === 0;
  };
  await using bobs = await clientOf(app.url, bob);
  await eventually("the early one is delivered", isDelivered(early.seq));
  const live = await anns.client.send(chatId, { text: "Live" });
  await eventually("the live one is delivered", isDelivered(live.seq));
  assert.deepEqual(bobs.faults, []);
});

Deno.test("DeliveredMarks marks the messages of a chat in one request, and own messages never", async () => {
  const world = marked();
  for (let seq = 1; seq <= 100; seq++) world.receive("chat", "bob", seq);
  world.receive("others", "ann", 1);
  await eventually("it is marked", () => world.calls.length > 0);
  await world.settled();
  assert.deepEqual(world.calls, [["chat", 100]]);
  world.marks.pause();
});

Deno.test("DeliveredMarks has one request in flight, and repeats one that failed for now", async () => {
  const world = marked();
  world.refuses = 1;
  for (const chatId of ["a", "b", "c"]) world.receive(chatId, "bob", 1);
  await eventually("all are marked", () => world.calls.length === 3);
  assert.deepEqual(world.calls.map(([chatId]) => chatId).sort(), ["a", "b", "c"]);
  assert.deepEqual([world.tries, world.mostInFlight], [4, 1]);
  world.marks.pause();
});

Deno.test("DeliveredMarks sends nothing while a request is in flight, and what came meanwhile after it", async () => {
  using timers = new LiveTimers();
  const world = marked();
  const held = world.hold = Promise.withResolvers<void>();
  world.receive("a", "bob", 1);
  timers.passTime(5_000);
  assert.equal(world.tries, 1);
  world.receive("b", "bob", 1);
  assert.equal(timers.count, 0, "no timer is needed: the end of the request starts it");
  held.resolve();
  await eventually("it starts the timer", () => timers.count === 1);
  timers.passTime(5_000);
  await eventually("both are marked", () => world.calls.length === 2);
  world.marks.pause();
});

Deno.test("DeliveredMarks marks a chat that comes as a whole while there is a connection", async () => {
  const [from, world] = [marked(), marked()];
  // Its own mark would answer for the other's: both have the chat.
  from.isOnline = false;
  from.receive("chat", "bob", 1);
  world.model.restore(from.model.chat("chat")!);
  await eventually("it is marked", () => world.calls.length > 0);
  assert.deepEqual(world.calls, [["chat", 1]]);
  world.marks.pause();
});

Deno.test("DeliveredMarks keeps no timer and no chat once the connection has ended", async () => {
  using timers = new LiveTimers();
  const world = marked();
  world.receive("chat", "bob", 1);
  assert.equal(timers.count, 1);
  world.isOnline = false;
  world.marks.pause();
  world.receive("chat", "bob", 2);
  assert.equal(timers.count, 0);
  timers.passTime(5_000);
  assert.deepEqual(world.tries, 0);
  world.isOnline = true;
  world.marks.connected();
  timers.passTime(5_000);
  await eventually("the next connection marks it", () => world.calls.length === 1);
  world.marks.pause();
});

/** A model whose marks go to a list. */
function marked() {
  const model = new Model(() => "ann");
  const world = {
    model,
    calls: [] as [chatId: string, seq: number][],
    refuses: 0,
    tries: 0,
    hold: null as PromiseWithResolvers<void> | null,
    mostInFlight: 0,
    isOnline: true,
    receive(chatId: string, senderId: string, seq: number) {
      if (!model.chat(chatId)) {
        model.putChat({ id: chatId, rev: 0 } as never);
        model.putMembers(chatId, [MEMBER]);
      }
      const message = { ...MESSAGE, id: `${chatId} ${seq}`, chatId, senderId, seq, rev: seq };
      const rows = { chatId, rev: seq, messages: [message], members: [], more: false };
      assert.ok(model.apply(rows, seq - 1));
    },
    /** Longer than the delay of a mark. */
    settled: () => new Promise((resolve) => setTimeout(resolve, 1_600)),
    marks: null as unknown as DeliveredMarks,
  };
  let inFlight = 0;
  world.marks = new DeliveredMarks(model, {
    userId: () => "ann",
    isOnline: () => world.isOnline,
    onFault: () => {},
    call: async (_name, input) => {
      const { chatId, seq } = input as { chatId: string; seq: number };
      world.tries++;
      world.mostInFlight = Math.max(world.mostInFlight, ++inFlight);
      await (world.hold?.promise ?? new Promise((resolve) => setTimeout(resolve, 5)));
      inFlight--;
      if (world.refuses-- > 0) throw new ChatError("rate_limited", "", { retryAfterMs: 1 });
      world.calls.push([chatId, seq]);
      return { chatId, userId: "ann", readSeq: 0, deliveredSeq: seq } as never;
    },
  });
  return world;
}

const MEMBER: MemberView = {
  userId: "ann",
  role: "member",
  joinedAt: "",
  leftAt: null,
  rev: 0,
  readSeq: 0,
  deliveredSeq: 0,
} as never;
const MESSAGE: MessageView = {
  clientId: "",
  kind: "text",
  text: "",
  media: [],
  replyTo: null,
  mentions: [],
  reactions: [],
  createdAt: "",
  editedAt: null,
  deletedAt: null,
  pinnedAt: null,
} as never;
