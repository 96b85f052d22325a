import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Receiver } from "../../src/realtime/receiver.ts";
import { eventually } from "../support/eventually.ts";
import { World } from "./world.ts";

const REMOTE = (chatId: string, rev: number, membersAfter?: number) => [
  { type: "chat" as const, chatId, rev, ...(membersAfter !== undefined && { membersAfter }) },
];

Deno.test("Room delivers in order, whatever the order of signals and commits", async () => {
  using world = new World();
  const chat = world.chat("ann");
  const { sink } = await world.connect("ann");
  const commits = Array.from({ length: 6 }, (_, i) => world.write(chat, { say: `m${i}` }));
  world.hub.commit(commits[0]);
  world.hub.signals(REMOTE(chat, 4));
  world.hub.commit(commits[3]);
  world.hub.commit(commits[5]);
  world.hub.signals(REMOTE(chat, 2));
  world.hub.signals(REMOTE(chat, 7));
  world.hub.commit(commits[4]);
  await eventually("everything arrived", () => sink.revs(chat).at(-1) === 7);
  assert.deepEqual(sink.revs(chat), [2, 3, 4, 5, 6, 7]);
});

Deno.test("Room delivers only the rest of a commit that overlaps delivered revisions", async () => {
  using world = new World();
  const chat = world.chat("ann");
  const { sink } = await world.connect("ann");
  const first = world.write(chat, { say: "a" });
  const second = world.write(chat, { say: "b" });
  world.hub.commit({ ...first, rev: 3, steps: [...first.steps, ...second.steps] });
  world.hub.commit(second);
  const third = world.write(chat, { say: "c" });
  world.hub.commit({ ...second, rev: 4, steps: [...second.steps, ...third.steps] });
  assert.deepEqual(sink.revs(chat), [2, 3, 4]);
});

Deno.test("Room delivers rows that changed twice as one range", async () => {
  using world = new World();
  const chat = world.chat("ann");
  const { sink } = await world.connect("ann");
  world.write(chat, { say: "a" }, { say: "b" }, { edit: 2 });
  world.hub.signals(REMOTE(chat, 4));
  await eventually("the range arrived", () => sink.events.length > 0);
  const [event] = sink.events;
  assert.deepEqual([event.event, event.after, event.rev], ["chat.changes", 1, 4]);
});

Deno.test("Room ignores a signal for a head that does not exist, and delivers a commit beside it", async () => {
  using world = new World();
  const chat = world.chat("ann");
  const { sink } = await world.connect("ann");
  const answer = world.hold("changes");
  world.hub.signals(REMOTE(chat, 9));
  // The rows were requested before this was committed.
  world.hub.commit(world.write(chat, { say: "a" }));
  answer();
  await eventually("it arrived", () => sink.revs(chat).length === 1);
  world.hub.commit(world.write(chat, { say: "b" }));
  assert.deepEqual(sink.revs(chat), [2, 3]);
});

Deno.test("Room delays events while the Store fails, and loses none", async () => {
  using world = new World();
  const chat = world.chat("ann");
  const { sink } = await world.connect("ann");
  world.failing.add("changes");
  world.write(chat, { say: "a" });
  world.hub.signals(REMOTE(chat, 2));
  world.hub.commit(world.write(chat, { say: "b" }));
  await eventually("both arrived", () => sink.revs(chat).length === 2);
  assert.deepEqual(sink.revs(chat), [2, 3]);
});

Deno.test("Room delivers from the joining on to a new member, and the leaving last to a former one", async () => {
  using world = new World();
  const chat = world.chat("ann");
  const [ann, bob] = [await world.connect("ann"), await world.connect("bob")];
  world.hub.commit(world.write(chat, { say: "before" }, { join: "bob" }, { say: "during" }));
  world.hub.commit(world.write(chat, { say: "last" }, { leave: "bob" }, { say: "after" }));
  assert.deepEqual(bob.sink.revs(chat), [3, 4, 5, 6]);
  assert.deepEqual(ann.sink.revs(chat), [2, 3, 4, 5, 6, 7]);
});

Deno.test("Room delivers joins and leaves that another instance committed, through the Store", async () => {
  using world = new World();
  const chat = world.chat("ann");
  const [ann, bob] = [await world.connect("ann"), await world.connect("bob")];
  world.write(chat, { say: "before" }, { join: "bob" }, { say: "during" });
  world.hub.signals(REMOTE(chat, 4, 1));
  await eventually("bob is in", () => bob.sink.revs(chat).length === 2);
  world.write(chat, { say: "last" }, { leave: "bob" }, { say: "after" });
  world.hub.signals(REMOTE(chat, 7, 4));
  await eventually("ann has all", () => ann.sink.revs(chat).length === 6);
  assert.deepEqual(bob.sink.revs(chat), [3, 4, 5, 6]);
});

Deno.test("Room delivers only their own row of a range to a former member", async () => {
  using world = new World();
  const chat = world.chat("ann", "bob");
  const { sink } = await world.connect("bob");
  world.write(chat, { say: "a" }, { edit: 3 }, { leave: "bob" }, { say: "secret" });
  world.hub.signals(REMOTE(chat, 6, 2));
  await eventually("bob is notified", () => sink.events.length > 0);
  assert.deepEqual(sink.events.map(({ event, rev }) => [event, rev]), [["member.updated", 5]]);
  world.hub.commit(world.write(chat, { say: "more" }));
  assert.equal(sink.events.length, 1);
});

Deno.test("Room sends a commit of many members as one event, to those who were there and those who join", async () => {
  using world = new World();
  const chat = world.chat("ann");
  const [ann, late] = [await world.connect("ann"), await world.connect("user 7")];
  const joins = Array.from({ length: 21 }, (_, n) => ({ join: `user ${n}` }));
  world.hub.commit(world.write(chat, ...joins));
  for (const { sink } of [ann, late]) {
    const [{ event, after, rev, data }] = sink.events.splice(0);
    const { members } = data as { members: unknown[] };
    assert.deepEqual([event, after, rev, members.length], ["chat.changes", 1, 22, 21]);
  }
  world.hub.commit(world.write(chat, { say: "hello" }));
  assert.deepEqual([ann.sink.revs(chat), late.sink.revs(chat)], [[23], [23]]);
});

Deno.test("Room survives a commit in which the last listener leaves and another joins", async () => {
  using world = new World();
  const chat = world.chat("ann");
  await world.connect("ann");
  const bob = await world.connect("bob");
  world.hub.commit(world.write(chat, { leave: "ann" }, { join: "bob" }));
  world.hub.commit(world.write(chat, { say: "hello" }));
  assert.deepEqual(bob.sink.revs(chat), [3, 4]);
});

Deno.test("Hub admits a user who joins on another instance a chat without listeners here", async () => {
  using world = new World();
  const chat = world.chat("zoe");
  const { sink } = await world.connect("ann");
  world.write(chat, { say: "long ago" });
  world.write(chat, { join: "ann" }, { say: "hello" });
  world.hub.signals(REMOTE(chat, 4, 2));
  await eventually("both arrived", () => sink.revs(chat).length === 2);
  assert.deepEqual(sink.revs(chat), [3, 4]);
});

Deno.test("Hub admits a user who joins on another instance while the room is being opened", async () => {
  using world = new World();
  const chat = world.chat("zoe");
  const ann = await world.connect("ann");
  const answer = world.hold("heads");
  const zoe = world.connect("zoe");
  await eventually("heads are requested", () => world.calls.includes("heads"));
  world.write(chat, { join: "ann" });
  world.hub.signals(REMOTE(chat, 2, 1));
  answer();
  await zoe;
  await eventually("ann is in", () => ann.sink.revs(chat).length === 1);
  world.hub.commit(world.write(chat, { say: "hello" }));
  assert.deepEqual(ann.sink.revs(chat), [2, 3]);
});

Deno.test("Hub admits a user who joins on another instance while the last listener leaves", async () => {
  using world = new World();
  const chat = world.chat("ann");
  const [ann, bob] = [await world.connect("ann"), await world.connect("bob")];
  const answer = world.hold("changes");
  world.write(chat, { join: "bob" });
  world.hub.signals(REMOTE(chat, 2, 1));
  world.hub.detach(ann.connection);
  answer();
  await eventually("bob is in", () => bob.sink.revs(chat).length === 1);
  world.hub.commit(world.write(chat, { say: "hello" }));
  assert.deepEqual(bob.sink.revs(chat), [2, 3]);
});

Deno.test("Hub admits a user who joins on another instance while another enters the room and leaves", async () => {
  using world = new World();
  const chat = world.chat("zoe");
  const bob = await world.connect("bob");
  const answer = world.hold("ofChat");
  world.write(chat, { join: "bob" });
  world.hub.signals(REMOTE(chat, 2, 1));
  const zoe = world.connection("zoe");
  const attached = world.hub.attach(zoe.connection);
  await eventually("zoe shares the room", () => zoe.connection.rooms.size === 1);
  world.hub.detach(zoe.connection);
  answer();
  await attached;
  await eventually("bob is in", () => bob.sink.revs(chat).length === 1);
  world.hub.commit(world.write(chat, { say: "hello" }));
  assert.deepEqual(bob.sink.revs(chat), [2, 3]);
});

Deno.test("Hub admits a user who joins on another instance while earlier joins are being read", async () => {
  using world = new World();
  const chat = world.chat("zoe");
  const bob = await world.connect("bob");
  const answer = world.hold("ofChat");
  world.write(chat, { join: "cy" });
  world.hub.signals(REMOTE(chat, 2, 1));
  world.write(chat, { join: "bob" });
  world.hub.signals(REMOTE(chat, 3, 2));
  answer();
  await eventually("bob is in", () => bob.sink.revs(chat).at(-1) === 3);
  world.hub.commit(world.write(chat, { say: "hello" }));
  assert.equal(bob.sink.revs(chat).at(-1), 4);
});

Deno.test("Hub admits a user who joins on another instance after the first read has failed", async () => {
  using world = new World();
  const chat = world.chat("zoe");
  const bob = await world.connect("bob");
  world.failing.add("ofChat");
  world.write(chat, { join: "bob" });
  world.hub.signals(REMOTE(chat, 2, 1));
  // Before the retry.
  while (world.failing.has("ofChat")) await Promise.resolve();
  const zoe = world.connect("zoe");
  await eventually("bob is in", () => bob.sink.revs(chat).length === 1);
  await zoe;
  world.hub.commit(world.write(chat, { say: "hello" }));
  assert.deepEqual(bob.sink.revs(chat), [2, 3]);
});

Deno.test("Hub drops a room without listeners once everything is delivered", async () => {
  using world = new World();
  const chat = world.chat("ann");
  const [ann] = [await world.connect("ann"), await world.connect("bob")];
  world.write(chat, { join: "cy" });
  world.hub.signals(REMOTE(chat, 2, 1));
  world.hub.detach(ann.connection);
  await eventually("the rows were read", () => world.calls.includes("changes"));
  await eventually("it is gone", () => {
    world.calls.length = 0;
    world.hub.signals(REMOTE(chat, 9));
    return world.calls.length === 0;
  });
});

Deno.test("Hub admits a user who joins here while the room opens at a head that includes the join", async () => {
  using world = new World();
  const chat = world.chat("zoe");
  const ann = await world.connect("ann");
  const asked = world.hold("presentOfUser");
  const zoe = world.connect("zoe");
  const commit = world.write(chat, { join: "ann" });
  const heads = world.hold("heads");
  asked();
  await eventually("heads are requested", () => world.calls.includes("heads"));
  world.hub.commit(commit);
  heads();
  await zoe;
  await eventually("ann is in", () => ann.sink.revs(chat).length === 1);
});

for (const here of [true, false]) {
  const where = here ? "here" : "elsewhere";

  Deno.test(`Hub admits a user who joined ${where} when the signal comes after the room was opened`, async () => {
    using world = new World();
    const chat = world.chat("zoe");
    const ann = await world.connect("ann");
    const commit = world.write(chat, { join: "ann" });
    const zoe = await world.connect("zoe");
    const tell = () => {
      if (here) world.hub.commit(commit);
      else world.hub.signals(REMOTE(chat, commit.rev, commit.after));
    };
    world.failing.add("ofChat");
    tell();
    await eventually("ann is in", () => ann.sink.revs(chat).length === 1);
    tell();
    world.hub.commit(world.write(chat, { say: "hello" }));
    await eventually("the look is over", () => world.calls.at(-1) === "ofChat");
    assert.deepEqual([ann.sink.revs(chat), zoe.sink.revs(chat)], [[2, 3], [3]]);
  });

  Deno.test(`Hub does not admit a user who joined ${where} and left again, despite a late signal`, async () => {
    using world = new World();
    const chat = world.chat("zoe");
    const ann = await world.connect("ann");
    const joined = world.write(chat, { join: "ann" });
    await world.connect("zoe");
    const answer = world.hold("ofChat");
    if (here) world.hub.commit(joined);
    else world.hub.signals(REMOTE(chat, joined.rev, joined.after));
    world.hub.commit(world.write(chat, { leave: "ann" }));
    answer();
    await eventually("it was looked again", () => {
      return world.calls.filter((call) => call === "ofChat").length > 1;
    });
    world.hub.commit(world.write(chat, { say: "secret" }));
    assert.deepEqual(ann.sink.events, []);
  });

  Deno.test(`Hub delivers nothing to a user who leaves during attach (${here ? "here" : "elsewhere"})`, async () => {
    using world = new World();
    const chat = world.chat("ann", "bob");
    const answer = world.hold("presentOfUser");
    const { connection, sink } = world.connection("ann");
    const attached = world.hub.attach(connection);
    const commit = world.write(chat, { leave: "ann" });
    if (here) world.hub.commit(commit);
    else world.hub.signals(REMOTE(chat, commit.rev, commit.after));
    answer();
    await attached;
    connection.release();
    world.hub.commit(world.write(chat, { say: "secret" }));
    assert.deepEqual(sink.events, []);
  });

  Deno.test(`Hub delivers the chat to a user who joins during attach (${here ? "here" : "elsewhere"})`, async () => {
    using world = new World();
    const chat = world.chat("bob");
    const answer = world.hold("presentOfUser");
    const { connection, sink } = world.connection("ann");
    const attached = world.hub.attach(connection);
    const commit = world.write(chat, { join: "ann" });
    if (here) world.hub.commit(commit);
    else world.hub.signals(REMOTE(chat, commit.rev, commit.after));
    answer();
    await attached;
    connection.release();
    world.hub.commit(world.write(chat, { say: "hello" }));
    await eventually("ann hears", () => sink.revs(chat).at(-1) === 3);
  });
}

Deno.test("Hub refuses a connection whose session ends during attach", async () => {
  using world = new World();
  const answer = world.hold("presentOfUser");
  const { connection } = world.connection("ann", "session");
  const attached = world.hub.attach(connection);
  world.ended.add("session");
  answer();
  world.hub.detach(connection);
  const again = world.connection("ann", "session");
  await assert.rejects(world.hub.attach(again.connection), /session has ended/);
  await attached.catch(() => {});
});

Deno.test("Hub drops rooms with their last listener, and reopens them complete", async () => {
  using world = new World();
  const chat = world.chat("ann");
  const first = await world.connect("ann");
  const answer = world.hold("changes");
  world.write(chat, { say: "a" });
  world.hub.signals(REMOTE(chat, 2));
  world.hub.detach(first.connection);
  const second = await world.connect("ann");
  answer();
  world.hub.commit(world.write(chat, { say: "b" }));
  assert.deepEqual(second.sink.revs(chat), [3]);
  assert.deepEqual(first.sink.revs(chat), []);
  world.hub.detach(second.connection);
  world.calls.length = 0;
  world.hub.signals(REMOTE(chat, 5));
  assert.deepEqual(world.calls, [], "a signal for a chat without listeners costs nothing");
});

Deno.test("Hub admits no one to a room that was dropped while its rows were read, and once to the next one", async () => {
  using world = new World();
  const chat = world.chat("ann");
  const [ann, bob] = [await world.connect("ann"), await world.connect("bob")];
  const answer = world.hold("changes");
  world.write(chat, { join: "bob" });
  world.hub.signals(REMOTE(chat, 2));
  world.hub.detach(ann.connection);
  assert.equal(world.hub.held.rooms, 0);
  answer();
  await nextTurn();
  assert.equal(bob.connection.rooms.size, 0);
  assert.deepEqual(bob.sink.revs(chat), []);
  world.hub.signals(REMOTE(chat, 2, 1));
  await eventually("bob is in", () => bob.sink.revs(chat).length > 0);
  world.hub.commit(world.write(chat, { say: "hello" }));
  assert.deepEqual(bob.sink.revs(chat), [2, 3]);
});

Deno.test("Hub reads the chats of a user once if their heads do not move meanwhile", async () => {
  using world = new World({ snapshots: true });
  for (let i = 0; i < 3; i++) world.chat("ann", "zoe");
  await world.connect("ann");
  await world.connect("zoe");
  const reads = world.calls.filter((call) => call === "presentOfUser" || call === "heads");
  assert.deepEqual(reads, ["presentOfUser", "presentOfUser"]);
});

/** News of a chat that come after a user's chats were read, and before they listen to it. */
const NEWS_DURING_A_READ: Record<string, (world: World, chat: string) => Promise<void>> = {
  "a commit of this instance": (world, chat) => {
    world.hub.commit(world.write(chat, { say: "new" }));
    return Promise.resolve();
  },
  "a signal of another instance": (world, chat) => {
    world.write(chat, { say: "new" });
    world.hub.signals(REMOTE(chat, 3));
    return Promise.resolve();
  },
  "what a room delivered that closed": async (world, chat) => {
    const release = world.hold("presentOfUser");
    const { connection } = world.connection("zoe");
    const attached = world.hub.attach(connection);
    release();
    await attached;
    world.hub.commit(world.write(chat, { say: "new" }));
    world.hub.detach(connection);
  },
};

for (const [news, happens] of Object.entries(NEWS_DURING_A_READ)) {
  Deno.test(`Hub begins at the newest head after ${news} during the read of a user's chats`, async () => {
    using world = new World({ snapshots: true });
    const chat = world.chat("ann", "zoe");
    const asked = world.hold("presentOfUser");
    const { connection } = world.connection("ann");
    const attached = world.hub.attach(connection);
    await happens(world, chat);
    asked();
    await attached;
    assert.equal(connection.beginsAt({ [chat]: 3 }), true);
  });
}

Deno.test("Hub reads the chats of a user again if they left one while its room was opened", async () => {
  using world = new World({ snapshots: true });
  const chat = world.chat("zoe", "ann");
  const asked = world.hold("presentOfUser");
  const connecting = world.connect("ann");
  world.write(chat, { leave: "ann" });
  asked();
  const { sink } = await connecting;
  world.hub.commit(world.write(chat, { say: "secret" }));
  assert.deepEqual(sink.revs(chat), []);
});

Deno.test("Hub keeps nothing of a connection that closes during attach", async () => {
  using world = new World();
  const chat = world.chat("ann");
  const answer = world.hold("heads");
  const { connection } = world.connection("ann");
  const attached = world.hub.attach(connection);
  await eventually("heads are requested", () => world.calls.includes("heads"));
  world.hub.detach(connection);
  answer();
  await attached;
  world.calls.length = 0;
  world.hub.signals(REMOTE(chat, 5));
  world.hub.commit(world.write(chat, { say: "a" }));
  assert.deepEqual([world.hub.size, connection.rooms.size, world.calls], [0, 0, []]);
});

Deno.test("Hub refuses a connection whose heads cannot be read, and accepts the next one", async () => {
  using world = new World();
  const chat = world.chat("ann");
  world.failing.add("heads");
  const { connection } = world.connection("ann");
  await assert.rejects(world.hub.attach(connection), /heads fails/);
  world.hub.detach(connection);
  const { sink } = await world.connect("ann");
  world.hub.commit(world.write(chat, { say: "a" }));
  assert.deepEqual(sink.revs(chat), [2]);
});

Deno.test("Hub refuses every connection that waits for unreadable heads, and the process goes on", async () => {
  using world = new World();
  const [shared] = [world.chat("ann", "bob"), world.chat("bob")];
  const first = world.hold("heads");
  const ann = world.hub.attach(world.connection("ann").connection);
  await eventually("ann opens the room", () => world.calls.includes("heads"));
  const second = world.hold("heads");
  const bob = world.connection("bob");
  const attaching = world.hub.attach(bob.connection);
  await eventually("bob waits for it, and opens his own", () => bob.connection.rooms.size === 2);
  world.failing.add("heads");
  first();
  await assert.rejects(ann, /heads fails/);
  // Long enough for an uncaught rejection to end the process.
  await new Promise((resolve) => setTimeout(resolve, 20));
  second();
  await assert.rejects(attaching, /heads fails/);
  world.hub.detach(bob.connection);
  const { sink } = await world.connect("ann");
  world.hub.commit(world.write(shared, { say: "a" }));
  assert.deepEqual(sink.revs(shared), [3]);
});

Deno.test("Hub sends events from where the sync of the answer ends", async () => {
  using world = new World();
  const chat = world.chat("ann");
  const { connection, sink } = world.connection("ann");
  await world.hub.attach(connection);
  world.hub.commit(world.write(chat, { say: "in the sync" }));
  world.write(chat, { say: "in the sync too, and its ring is late" });
  world.hub.signals(REMOTE(chat, 3));
  connection.release(new Map([[chat, 3]]));
  world.hub.commit(world.write(chat, { say: "new" }));
  await eventually("the new one came", () => sink.revs(chat).length > 0);
  assert.deepEqual(sink.revs(chat), [4]);
});

Deno.test("Hub recovers from a gap: sends resync, missed events, and corrects memberships", async () => {
  using world = new World();
  const [shared, left, joined] = [world.chat("ann", "bob"), world.chat("ann"), world.chat("bob")];
  const [ann, bob] = [await world.connect("ann"), await world.connect("bob", "over")];
  world.write(shared, { say: "missed" });
  world.write(left, { leave: "ann" });
  world.write(joined, { join: "ann" });
  world.ended.add("over");
  await world.hub.recover();
  await eventually("the rows came", () => ann.sink.revs(shared).length === 1);
  assert.equal(ann.sink.events.filter(({ event }) => event === "resync").length, 1);
  assert.equal(bob.sink.closed, "unauthenticated");
  world.hub.commit(world.write(joined, { say: "hello" }));
  world.hub.commit(world.write(left, { say: "secret" }));
  assert.deepEqual(ann.sink.revs(joined).slice(-1), [3]);
  assert.deepEqual(ann.sink.revs(left), [2]);
});

Deno.test("Hub reads unannounced changes after an instance has died, without a resync", async () => {
  using world = new World();
  const [shared, joined] = [world.chat("ann", "bob"), world.chat("bob")];
  const [ann, bob] = [await world.connect("ann"), await world.connect("bob", "over")];
  world.write(shared, { say: "not told" });
  world.write(joined, { join: "ann" });
  world.ended.add("over");
  new Receiver(world.hub, { signal() {}, gone() {} }).onDied();
  await eventually("the rows came", () => ann.sink.revs(shared).length === 1);
  await eventually("her session has ended", () => bob.sink.closed === "unauthenticated");
  await eventually("she listens", () => [...ann.connection.rooms].length === 2);
  world.hub.commit(world.write(joined, { say: "hello" }));
  assert.deepEqual(ann.sink.revs(joined).slice(-1), [3]);
  assert.ok(ann.sink.events.every(({ event }) => event !== "resync"));
});

Deno.test("Hub reads once for each user after a gap, however many sockets they have", async () => {
  using world = new World();
  world.chat("ann", "bob");
  for (let i = 0; i < 10; i++) for (const user of ["ann", "bob"]) await world.connect(user, user);
  world.calls.length = 0;
  await world.hub.recover();
  const count = (name: string) => world.calls.filter((call) => call === name).length;
  assert.deepEqual([count("presentOfUser"), count("session"), count("heads")], [2, 2, 1]);
});

Deno.test("Hub delivers nothing to a user who leaves while a gap is being repaired", async () => {
  using world = new World();
  const { sink } = await world.connect("ann");
  const chat = world.chat("zoe", "ann");
  const answer = world.hold("presentOfUser");
  world.calls.length = 0;
  const recovered = world.hub.recover();
  await eventually("her chats are asked for", () => world.calls.includes("presentOfUser"));
  const commit = world.write(chat, { leave: "ann" });
  world.hub.signals(REMOTE(chat, commit.rev, commit.after));
  await eventually("who is in it was looked up", () => world.calls.at(-1) === "ofChat");
  answer();
  await recovered;
  world.hub.commit(world.write(chat, { say: "secret" }));
  assert.deepEqual(sink.revs(chat), []);
});

Deno.test("Hub keeps newer changes when two reads of a user's chats overlap", async () => {
  using world = new World();
  const chat = world.chat("zoe", "ann");
  await world.connect("zoe");
  const first = world.hold("presentOfUser");
  const { connection, sink } = world.connection("ann");
  let attached = false;
  const attaching = world.hub.attach(connection).then(() => attached = true);
  world.hub.commit(world.write(chat, { leave: "ann" }));
  const second = world.hold("presentOfUser");
  world.calls.length = 0;
  const reads = () => world.calls.filter((call) => call === "presentOfUser").length;
  const recovered = world.hub.recover();
  await eventually("both users are looked up again", () => reads() === 2);
  first();
  await eventually("the first look is over", () => attached || reads() > 2);
  world.hub.commit(world.write(chat, { say: "secret" }));
  second();
  await Promise.all([attaching, recovered]);
  connection.release();
  assert.deepEqual(sink.revs(chat), []);
});

Deno.test("Hub retries when the Store fails during the repair of a gap", async () => {
  using world = new World();
  const chat = world.chat("ann");
  const { sink } = await world.connect("ann");
  world.write(chat, { say: "missed" });
  world.failing.add("presentOfUser").add("heads");
  await world.hub.recover();
  await eventually("notified", () => sink.events.some(({ event }) => event === "resync"));
  await eventually("it arrived", () => sink.revs(chat).length === 1);
});

Deno.test("Hub delivers one event to each listener of several chats", async () => {
  using world = new World();
  const chats = [world.chat("ann", "bob"), world.chat("ann", "cy"), world.chat("bob", "dan")];
  const people = await Promise.all(["ann", "bob", "cy", "dan"].map((user) => world.connect(user)));
  world.hub.toRooms(chats.slice(0, 2), { event: "presence", data: {} }, ["bob"]);
  assert.deepEqual(people.map(({ sink }) => sink.events.length), [1, 0, 1, 0]);
});

Deno.test("Hub closes the sockets of ended sessions, and refuses connections once closed", async () => {
  using world = new World();
  const [one, other] = [await world.connect("ann", "one"), await world.connect("ann", "other")];
  world.hub.signals([{ type: "sessions", sessionIds: ["one"] }]);
  assert.deepEqual([one.sink.closed, other.sink.closed], ["unauthenticated", null]);
  world.hub.closeAll("restart");
  assert.deepEqual([other.sink.closed, world.hub.size], ["restart", 0]);
  await assert.rejects(world.connect("ann"), /stopping/);
});

Deno.test("Hub.compareHeads catches rooms up with unannounced heads, a limited number at a time", async () => {
  using world = new World();
  const chats = Array.from({ length: 5 }, () => world.chat("ann", "bob"));
  const { sink } = await world.connect("ann");
  for (const chat of chats) world.write(chat, { say: "not announced" });
  await world.hub.compareHeads(2);
  const told = () => chats.filter((chat) => sink.revs(chat).length === 1).length;
  await eventually("two rooms have caught up", () => told() === 2);
  await world.hub.compareHeads(2);
  await world.hub.compareHeads(2);
  await eventually("all have", () => told() === 5);
  await world.hub.compareHeads(2);
  assert.equal(told(), 5, "and hear nothing twice");
});
