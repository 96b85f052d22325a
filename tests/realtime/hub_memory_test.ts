import assert from "node:assert/strict";
import { Retries } from "../../src/realtime/retries.ts";
import { eventually } from "../support/eventually.ts";
import { World } from "./world.ts";

/**
 * After work, the hub holds nothing of it. Deno looks for timers that stay only where a test asks
 * for it.
 */
const NO_LEAKS = { sanitizeOps: true, sanitizeResources: true };

const NOTHING = { rooms: 0, reads: 0 };

Deno.test("Hub holds no room and no read after connections have come and gone", async () => {
  using world = new World();
  const chats = Array.from({ length: 20 }, () => world.chat("ann", "bob"));
  for (let round = 0; round < 3; round++) {
    const made = [
      await world.connect("ann"),
      await world.connect("ann"),
      await world.connect("bob"),
    ];
    assert.equal(world.hub.held.rooms, chats.length);
    for (const chat of chats) world.hub.commit(world.write(chat, { say: "hello" }));
    for (const { connection } of made) world.hub.detach(connection);
    assert.deepEqual(world.hub.held, NOTHING);
    assert.deepEqual(["ann", "bob"].filter((each) => world.hub.isConnected(each)), []);
  }
});

Deno.test("Hub holds no read that failed, and none of a connection that was closed meanwhile", async () => {
  using world = new World();
  world.chat("ann");
  world.failing.add("presentOfUser");
  const first = world.connection("ann");
  await assert.rejects(world.hub.attach(first.connection), /presentOfUser fails/);
  world.hub.detach(first.connection);
  assert.deepEqual(world.hub.held, NOTHING);
  const letGo = world.hold("presentOfUser");
  const second = world.connection("ann");
  const attaching = world.hub.attach(second.connection).catch(() => {});
  await eventually("it is being read", () => world.hub.held.reads === 1);
  world.hub.detach(second.connection);
  letGo();
  await attaching;
  await eventually("nothing is left", () => world.hub.held.rooms + world.hub.held.reads === 0);
});

Deno.test("Hub holds no room of a member who left, or of a chat whose last member left", async () => {
  using world = new World();
  const chat = world.chat("ann", "bob");
  const { connection } = await world.connect("ann");
  world.hub.commit(world.write(chat, { leave: "ann" }));
  assert.deepEqual(world.hub.held, NOTHING);
  assert.equal(connection.rooms.size, 0);
  world.hub.detach(connection);
});

Deno.test("Hub opens no room for a commit, of this instance or another, that concerns no one here", async () => {
  using world = new World();
  const { connection } = await world.connect("ann");
  const chat = world.chat("bob");
  world.hub.commit(world.write(chat, { say: "hello" }, { join: "cat" }));
  assert.deepEqual(world.hub.held, NOTHING);
  world.write(chat, { say: "elsewhere" });
  world.hub.signals([{ type: "chat", chatId: chat, rev: 4 }]);
  assert.deepEqual(world.hub.held, NOTHING);
  world.hub.detach(connection);
});

Deno.test(
  "Hub lets go of a room that waits to read again once the hub is closed",
  NO_LEAKS,
  async () => {
    using world = new World();
    const chat = world.chat("ann");
    await world.connect("ann");
    world.failing.add("changes");
    world.write(chat, { say: "elsewhere" });
    world.hub.signals([{ type: "chat", chatId: chat, rev: 2 }]);
    await eventually("the read failed", () => !world.failing.has("changes"));
    await new Promise((resolve) => setTimeout(resolve));
    world.hub.closeAll("restart");
    assert.deepEqual(world.hub.held, NOTHING);
  },
);

/** A room whose only listener has gone while it still waits for a head that was announced. */
async function aRoomThatReads(world: World): Promise<() => void> {
  const chat = world.chat("ann");
  const { connection } = await world.connect("ann");
  const letGo = world.hold("changes");
  world.hub.signals([{ type: "chat", chatId: chat, rev: 9, membersAfter: 1 }]);
  await eventually("it is being read", () => world.calls.includes("changes"));
  world.hub.detach(connection);
  assert.equal(world.hub.held.rooms, 1, "someone may have joined");
  return letGo;
}

Deno.test("Hub lets go of a room without listeners once a head turns out not to exist", async () => {
  using world = new World();
  const letGo = await aRoomThatReads(world);
  letGo();
  await eventually("nothing is left", () => world.hub.held.rooms === 0);
});

Deno.test("Hub lets go of a room that still reads once the hub is closed", NO_LEAKS, async () => {
  using world = new World();
  const letGo = await aRoomThatReads(world);
  world.hub.closeAll("restart");
  assert.deepEqual(world.hub.held, NOTHING);
  // A read that fails by then is not tried again.
  world.failing.add("changes");
  letGo();
  await eventually("the read has failed", () => !world.failing.has("changes"));
});

Deno.test("Hub tries nothing again once it is closed", NO_LEAKS, async () => {
  using world = new World({ retryMs: 3_600_000 });
  world.chat("ann");
  world.failing.add("heads");
  const { connection } = world.connection("ann");
  await assert.rejects(world.hub.attach(connection), /heads fails/);
  // Leaves no timer: the test would report it.
  world.hub.closeAll("restart");
});

Deno.test(
  "Retries forgets what has run, and takes nothing more once closed",
  NO_LEAKS,
  async () => {
    const retries = new Retries(1);
    let runs = 0;
    for (let i = 0; i < 3; i++) retries.later(() => runs++);
    assert.equal(retries.waiting, 3);
    await eventually("all have run", () => runs === 3);
    assert.equal(retries.waiting, 0);
    const waiting = new Retries(3_600_000);
    waiting.later(() => runs++);
    waiting.close();
    waiting.later(() => runs++);
    assert.deepEqual([waiting.waiting, runs], [0, 3]);
  },
);

Deno.test("Hub delivers nothing of a read that ends after the hub was closed", async () => {
  using world = new World();
  const chat = world.chat("ann");
  const { sink } = await world.connect("ann");
  const letGo = world.hold("changes");
  world.write(chat, { say: "late" });
  world.hub.signals([{ type: "chat", chatId: chat, rev: 2 }]);
  await eventually("it is being read", () => world.calls.includes("changes"));
  world.hub.closeAll("restart");
  const before = sink.events.length;
  letGo();
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve));
  assert.equal(sink.events.length, before);
});

Deno.test("Hub sends an event without a revision to all listeners of a chat but one user", async () => {
  using world = new World();
  const chat = world.chat("ann", "bob");
  const made = [await world.connect("ann"), await world.connect("bob"), await world.connect("eve")];
  world.hub.toRoom(chat, { event: "typing", chatId: chat, data: {} }, "ann");
  const counts = made.map(({ sink }) =>
    sink.events.filter(({ event }) => event === "typing").length
  );
  assert.deepEqual(counts, [0, 1, 0]);
  world.hub.closeAll("restart");
});
