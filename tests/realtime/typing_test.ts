import assert from "node:assert/strict";
import { notFound } from "../../src/core/errors.ts";
import type { WireEvent } from "../../src/model/event.ts";
import { Typing } from "../../src/realtime/typing.ts";
import { eventually } from "../support/eventually.ts";
import { withHeldMaps } from "../support/held_maps.ts";

/**
 * A chat with Ann, and Bob, who may be blocked; the events of its listeners, and of other
 * instances.
 */
function room({ blocked = false, typingTimeMs = 60_000, directKey = null as string | null } = {}) {
  const received: unknown[] = [];
  const published: boolean[] = [];
  const hidden: (string | undefined)[][] = [];
  const states = new Map<string, string>();
  const typing = new Typing({
    access: {
      requireMember: (chatId: string, userId: string) =>
        userId === "eve" ? Promise.reject(notFound("chat", chatId)) : Promise.resolve({} as never),
    },
    contactPolicy: {
      isVisibleIn: (_chatId, userId) => Promise.resolve(!(blocked && userId === "bob")),
    },
    store: {
      chats: { byId: () => Promise.resolve({ directKey, frozen: null }) } as never,
      users: {
        byId: (id: string) => Promise.resolve({ status: { state: states.get(id) ?? "online" } }),
      } as never,
    },
    hub: { toRoom: (_chatId: string, event: WireEvent) => void received.push(event.data) },
    publisher: {
      typing: (_chatId: string, _userId: string, writing: boolean) => void published.push(writing),
      hideTyping: (...who: (string | undefined)[]) => void hidden.push(who),
    },
    limits: { typingTimeMs },
  });
  return { typing, received, published, hidden, states };
}

Deno.test("Typing sends one start and one stop for repeated calls", async () => {
  const { typing, received, published } = room();
  for (let i = 0; i < 3; i++) await typing.start("ann", "chat");
  for (let i = 0; i < 2; i++) await typing.stop("ann", "chat");
  assert.deepEqual(received, [{ userId: "ann", typing: true }, { userId: "ann", typing: false }]);
  assert.deepEqual(published, [true, false]);
  typing.close();
});

Deno.test("Typing ends by itself", async () => {
  const { typing, received } = room({ typingTimeMs: 20 });
  await typing.start("ann", "chat");
  await eventually("it has ended", () => received.length === 2);
  assert.deepEqual(received.at(-1), { userId: "ann", typing: false });
  typing.close();
});

Deno.test("Typing on several instances sends one start, and one stop once it has ended on all", () => {
  const { typing, received } = room();
  const said = { type: "typing", chatId: "chat", userId: "ann" } as const;
  typing.signal({ ...said, typing: true }, "one");
  typing.signal({ ...said, typing: true }, "two");
  typing.signal({ ...said, typing: false }, "one");
  assert.deepEqual(received, [{ userId: "ann", typing: true }]);
  typing.gone("another");
  assert.equal(received.length, 1);
  typing.gone("two");
  assert.deepEqual(received.slice(1), [{ userId: "ann", typing: false }]);
  typing.close();
});

Deno.test("Typing ends silently when the user has sent, also on other instances", async () => {
  const { typing, received, published } = room();
  await typing.start("ann", "chat");
  typing.committed({ chatId: "chat", steps: [createdBy("bob"), createdBy("ann")] } as never);
  assert.deepEqual(
    [received.length, published],
    [1, [true, false]],
    "clients know it from the message",
  );
  await typing.start("ann", "chat");
  assert.equal(received.length, 2);
  typing.close();
});

Deno.test("Typing of a blocked user reaches no one, and the user gets no error", async () => {
  const { typing, received, published } = room({ blocked: true });
  await typing.start("bob", "chat");
  await typing.stop("bob", "chat");
  assert.deepEqual([received, published], [[], []]);
  typing.close();
});

Deno.test("Typing of an invisible user reaches no one, and ends everywhere once they become it", async () => {
  const { typing, received, published, hidden, states } = room();
  await typing.start("ann", "one");
  await typing.start("ann", "two");
  await typing.start("bob", "one");
  states.set("ann", "invisible");
  typing.hide("ann");
  await typing.start("ann", "one");
  assert.deepEqual(received.slice(3), [
    { userId: "ann", typing: false },
    { userId: "ann", typing: false },
  ]);
  assert.deepEqual(published, [true, true, true, false, false]);
  assert.deepEqual(hidden, [["ann"]], "instances on which Ann has another device end it there");
  typing.close();
});

Deno.test("Typing.hideBetween ends what two people type in their direct chats only", async () => {
  for (const directKey of ["ann:bob", "ann:bob:encrypted", "ann:bob:plain"]) {
    const { typing, received, hidden } = room({ directKey });
    await typing.start("ann", "chat");
    await typing.start("bob", "chat");
    typing.hideBetween("bob", "cat");
    assert.equal(received.length, 2);
    typing.hideBetween("bob", "ann");
    assert.deepEqual(received.slice(2), [
      { userId: "bob", typing: false },
      { userId: "ann", typing: false },
    ]);
    assert.deepEqual(hidden.slice(2), [["bob", "ann"], ["ann", "bob"]]);
    typing.close();
  }
  const group = room();
  await group.typing.start("ann", "group");
  group.typing.hideBetween("bob", "ann");
  assert.equal(group.received.length, 1);
  group.typing.close();
});

Deno.test("Typing ends what its users type here when another instance hides them", async () => {
  const { typing, received, published } = room({ directKey: "ann:bob" });
  await typing.start("ann", "chat");
  typing.signal({ type: "typing", chatId: "chat", userId: "bob", typing: true }, "there");
  typing.signal({ type: "typing.hide", userId: "bob" }, "elsewhere");
  typing.signal({ type: "typing.hide", userId: "ann", peerId: "cat" }, "elsewhere");
  assert.equal(received.length, 2, "the instance on which Bob types ends it");
  typing.signal({ type: "typing.hide", userId: "ann", peerId: "bob" }, "elsewhere");
  assert.deepEqual(received.slice(2), [{ userId: "ann", typing: false }]);
  assert.deepEqual(published, [true, false]);
  typing.close();
});

Deno.test("Typing rejects a user who is not a member", async () => {
  const { typing } = room();
  await assert.rejects(() => typing.start("eve", "chat"), { code: "not_found" });
  await assert.rejects(() => typing.stop("eve", "chat"), { code: "not_found" });
  typing.close();
});

function createdBy(senderId: string) {
  return { type: "message.created", message: { senderId } };
}

Deno.test("Typing holds nothing of what has ended, in whatever way", async () => {
  const { made: { typing }, held } = withHeldMaps(() => room({ typingTimeMs: 20 }));
  const said = { type: "typing", chatId: "chat", userId: "cat" } as const;
  await typing.start("ann", "one");
  await typing.stop("ann", "one");
  await typing.start("ann", "two");
  typing.committed({ chatId: "two", steps: [createdBy("ann")] } as never);
  typing.signal({ ...said, typing: true }, "elsewhere");
  typing.signal({ ...said, typing: false }, "elsewhere");
  typing.signal({ ...said, typing: true }, "gone");
  typing.gone("gone");
  assert.deepEqual(held(), []);
  await typing.start("ann", "three");
  assert.deepEqual(held(), [1]);
  await eventually("it has expired", () => held().length === 0);
});
