import assert from "node:assert/strict";
import { Receiver } from "../../src/realtime/receiver.ts";
import { eventually } from "../support/eventually.ts";
import { World } from "./world.ts";

const REMOTE = (chatId: string, rev: number, membersAfter?: number) => [
  { type: "chat" as const, chatId, rev, ...(membersAfter !== undefined && { membersAfter }) },
];

Deno.test("a room delivers in order, whatever order rings and commits come in", async () => {
  const world = new World();
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
  await eventually("all came", () => sink.revs(chat).at(-1) === 7);
  assert.deepEqual(sink.revs(chat), [2, 3, 4, 5, 6, 7]);
});

Deno.test("a commit that overlaps what was delivered gives only its rest", async () => {
  const world = new World();
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

Deno.test("rows touched twice come as one range", async () => {
  const world = new World();
  const chat = world.chat("ann");
  const { sink } = await world.connect("ann");
  world.write(chat, { say: "a" }, { say: "b" }, { edit: 2 });
  world.hub.signals(REMOTE(chat, 4));
  await eventually("the range came", () => sink.events.length > 0);
  const [event] = sink.events;
  assert.deepEqual([event.event, event.after, event.rev], ["chat.changes", 1, 4]);
});

Deno.test("a ring for a head that is not there is forgotten, and a commit beside it is not", async () => {
  const world = new World();
  const chat = world.chat("ann");
  const { sink } = await world.connect("ann");
  const answer = world.hold("changes");
  world.hub.signals(REMOTE(chat, 9));
  // The rows were asked for before this was committed.
  world.hub.commit(world.write(chat, { say: "a" }));
  answer();
  await eventually("it came", () => sink.revs(chat).length === 1);
  world.hub.commit(world.write(chat, { say: "b" }));
  assert.deepEqual(sink.revs(chat), [2, 3]);
});

Deno.test("a failure of the Store delays events, and loses none", async () => {
  const world = new World();
  const chat = world.chat("ann");
  const { sink } = await world.connect("ann");
  world.failing.add("changes");
  world.write(chat, { say: "a" });
  world.hub.signals(REMOTE(chat, 2));
  world.hub.commit(world.write(chat, { say: "b" }));
  await eventually("both came", () => sink.revs(chat).length === 2);
  assert.deepEqual(sink.revs(chat), [2, 3]);
});

Deno.test("who joins hears from the joining on, who leaves hears it last", async () => {
  const world = new World();
  const chat = world.chat("ann");
  const [ann, bob] = [await world.connect("ann"), await world.connect("bob")];
  world.hub.commit(world.write(chat, { say: "before" }, { join: "bob" }, { say: "during" }));
  world.hub.commit(world.write(chat, { say: "last" }, { leave: "bob" }, { say: "after" }));
  assert.deepEqual(bob.sink.revs(chat), [3, 4, 5, 6]);
  assert.deepEqual(ann.sink.revs(chat), [2, 3, 4, 5, 6, 7]);
});

Deno.test("the same through the Store, for what another instance committed", async () => {
  const world = new World();
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

Deno.test("who left gets their own row of a range, and nothing else of it", async () => {
  const world = new World();
  const chat = world.chat("ann", "bob");
  const { sink } = await world.connect("bob");
  world.write(chat, { say: "a" }, { edit: 3 }, { leave: "bob" }, { say: "secret" });
  world.hub.signals(REMOTE(chat, 6, 2));
  await eventually("bob is told", () => sink.events.length > 0);
  assert.deepEqual(sink.events.map(({ event, rev }) => [event, rev]), [["member.updated", 5]]);
  world.hub.commit(world.write(chat, { say: "more" }));
  assert.equal(sink.events.length, 1);
});

Deno.test("the last listener leaves and another joins in one commit", async () => {
  const world = new World();
  const chat = world.chat("ann");
  await world.connect("ann");
  const bob = await world.connect("bob");
  world.hub.commit(world.write(chat, { leave: "ann" }, { join: "bob" }));
  world.hub.commit(world.write(chat, { say: "hello" }));
  assert.deepEqual(bob.sink.revs(chat), [3, 4]);
});

Deno.test("someone joins from elsewhere a chat that nobody here listened to", async () => {
  const world = new World();
  const chat = world.chat("zoe");
  const { sink } = await world.connect("ann");
  world.write(chat, { say: "long ago" });
  world.write(chat, { join: "ann" }, { say: "hello" });
  world.hub.signals(REMOTE(chat, 4, 2));
  await eventually("both came", () => sink.revs(chat).length === 2);
  assert.deepEqual(sink.revs(chat), [3, 4]);
});

Deno.test("someone joins from elsewhere while another is just opening the room", async () => {
  const world = new World();
  const chat = world.chat("zoe");
  const ann = await world.connect("ann");
  const answer = world.hold("byIds");
  const zoe = world.connect("zoe");
  await eventually("heads are asked for", () => world.calls.includes("byIds"));
  world.write(chat, { join: "ann" });
  world.hub.signals(REMOTE(chat, 2, 1));
  answer();
  await zoe;
  await eventually("ann is in", () => ann.sink.revs(chat).length === 1);
  world.hub.commit(world.write(chat, { say: "hello" }));
  assert.deepEqual(ann.sink.revs(chat), [2, 3]);
});

Deno.test("someone joins from elsewhere as the last who listened goes", async () => {
  const world = new World();
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

Deno.test("someone joins from elsewhere while another comes to the room and goes again", async () => {
  const world = new World();
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

Deno.test("someone joins from elsewhere while it is looked up who joined before", async () => {
  const world = new World();
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

Deno.test("someone joins from elsewhere and cannot be looked up, and another comes to the room", async () => {
  const world = new World();
  const chat = world.chat("zoe");
  const bob = await world.connect("bob");
  world.failing.add("ofChat");
  world.write(chat, { join: "bob" });
  world.hub.signals(REMOTE(chat, 2, 1));
  // Before it is tried again.
  while (world.failing.has("ofChat")) await Promise.resolve();
  const zoe = world.connect("zoe");
  await eventually("bob is in", () => bob.sink.revs(chat).length === 1);
  await zoe;
  world.hub.commit(world.write(chat, { say: "hello" }));
  assert.deepEqual(bob.sink.revs(chat), [2, 3]);
});

Deno.test("a room that nobody here is in any more goes once all is told", async () => {
  const world = new World();
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

Deno.test("someone joins here while the room is opening, though the head that is read has it already", async () => {
  const world = new World();
  const chat = world.chat("zoe");
  const ann = await world.connect("ann");
  const asked = world.hold("presentOfUser");
  const zoe = world.connect("zoe");
  const commit = world.write(chat, { join: "ann" });
  const heads = world.hold("byIds");
  asked();
  await eventually("heads are asked for", () => world.calls.includes("byIds"));
  world.hub.commit(commit);
  heads();
  await zoe;
  await eventually("ann is in", () => ann.sink.revs(chat).length === 1);
});

for (const here of [true, false]) {
  const where = here ? "here" : "elsewhere";

  Deno.test(`someone joins ${where}, and the news comes after the room was opened with it`, async () => {
    const world = new World();
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

  Deno.test(`who joined ${where} and left again is not let in by late news of the joining`, async () => {
    const world = new World();
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

  Deno.test(`who leaves while their connection is being attached hears nothing (${here ? "here" : "elsewhere"})`, async () => {
    const world = new World();
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

  Deno.test(`who joins while their connection is being attached hears the chat (${here ? "here" : "elsewhere"})`, async () => {
    const world = new World();
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

Deno.test("a session that ends while its connection is being attached refuses it", async () => {
  const world = new World();
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

Deno.test("rooms go with their last listener, and come back whole", async () => {
  const world = new World();
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
  assert.deepEqual(world.calls, [], "a ring for a chat that nobody listens to costs nothing");
});

Deno.test("a connection that goes while it is attached leaves nothing behind", async () => {
  const world = new World();
  const chat = world.chat("ann");
  const answer = world.hold("byIds");
  const { connection } = world.connection("ann");
  const attached = world.hub.attach(connection);
  await eventually("heads are asked for", () => world.calls.includes("byIds"));
  world.hub.detach(connection);
  answer();
  await attached;
  world.calls.length = 0;
  world.hub.signals(REMOTE(chat, 5));
  world.hub.commit(world.write(chat, { say: "a" }));
  assert.deepEqual([world.hub.size, connection.rooms.size, world.calls], [0, 0, []]);
});

Deno.test("heads that cannot be read refuse the connection, not the next one", async () => {
  const world = new World();
  const chat = world.chat("ann");
  world.failing.add("byIds");
  const { connection } = world.connection("ann");
  await assert.rejects(world.hub.attach(connection), /byIds fails/);
  world.hub.detach(connection);
  const { sink } = await world.connect("ann");
  world.hub.commit(world.write(chat, { say: "a" }));
  assert.deepEqual(sink.revs(chat), [2]);
});

Deno.test("heads that cannot be read refuse whoever waits for them, and end nothing else", async () => {
  const world = new World();
  const [shared] = [world.chat("ann", "bob"), world.chat("bob")];
  const first = world.hold("byIds");
  const ann = world.hub.attach(world.connection("ann").connection);
  await eventually("ann opens the room", () => world.calls.includes("byIds"));
  const second = world.hold("byIds");
  const bob = world.connection("bob");
  const attaching = world.hub.attach(bob.connection);
  await eventually("bob waits for it, and opens his own", () => bob.connection.rooms.size === 2);
  world.failing.add("byIds");
  first();
  await assert.rejects(ann, /byIds fails/);
  // For as long as it takes a process to end by what nobody has caught.
  await new Promise((resolve) => setTimeout(resolve, 20));
  second();
  await assert.rejects(attaching, /byIds fails/);
  world.hub.detach(bob.connection);
  const { sink } = await world.connect("ann");
  world.hub.commit(world.write(shared, { say: "a" }));
  assert.deepEqual(sink.revs(shared), [3]);
});

Deno.test("events begin where the answer's sync ends", async () => {
  const world = new World();
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

Deno.test("after a gap everyone is told, has what was missed, and is where they belong", async () => {
  const world = new World();
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

Deno.test("after an instance has died all is looked for that it did not tell, and nobody is sent for it", async () => {
  const world = new World();
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

Deno.test("a gap asks the Store little: one look a user, however many sockets", async () => {
  const world = new World();
  world.chat("ann", "bob");
  for (let i = 0; i < 10; i++) for (const user of ["ann", "bob"]) await world.connect(user, user);
  world.calls.length = 0;
  await world.hub.recover();
  const count = (name: string) => world.calls.filter((call) => call === name).length;
  assert.deepEqual([count("presentOfUser"), count("session"), count("byIds")], [2, 2, 1]);
});

Deno.test("who leaves while a gap is being looked into hears nothing of the chat", async () => {
  const world = new World();
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

Deno.test("of two looks at once, news that came in between stay news to the first", async () => {
  const world = new World();
  const chat = world.chat("zoe", "ann");
  await world.connect("zoe");
  const first = world.hold("presentOfUser");
  const { connection, sink } = world.connection("ann");
  let attached = false;
  const attaching = world.hub.attach(connection).then(() => attached = true);
  world.hub.commit(world.write(chat, { leave: "ann" }));
  const second = world.hold("presentOfUser");
  world.calls.length = 0;
  const looks = () => world.calls.filter((call) => call === "presentOfUser").length;
  const recovered = world.hub.recover();
  await eventually("both people are looked up anew", () => looks() === 2);
  first();
  await eventually("the first look is over", () => attached || looks() > 2);
  world.hub.commit(world.write(chat, { say: "secret" }));
  second();
  await Promise.all([attaching, recovered]);
  connection.release();
  assert.deepEqual(sink.revs(chat), []);
});

Deno.test("a Store that fails in a gap is asked again", async () => {
  const world = new World();
  const chat = world.chat("ann");
  const { sink } = await world.connect("ann");
  world.write(chat, { say: "missed" });
  world.failing.add("presentOfUser").add("byIds");
  await world.hub.recover();
  await eventually("told", () => sink.events.some(({ event }) => event === "resync"));
  await eventually("it came", () => sink.revs(chat).length === 1);
});

Deno.test("several chats, one event each listener", async () => {
  const world = new World();
  const chats = [world.chat("ann", "bob"), world.chat("ann", "cy"), world.chat("bob", "dan")];
  const people = await Promise.all(["ann", "bob", "cy", "dan"].map((user) => world.connect(user)));
  world.hub.toRooms(chats.slice(0, 2), { event: "presence", data: {} }, ["bob"]);
  assert.deepEqual(people.map(({ sink }) => sink.events.length), [1, 0, 1, 0]);
});

Deno.test("ended sessions close their sockets, and a closed hub lets nobody in", async () => {
  const world = new World();
  const [one, other] = [await world.connect("ann", "one"), await world.connect("ann", "other")];
  world.hub.signals([{ type: "sessions", sessionIds: ["one"] }]);
  assert.deepEqual([one.sink.closed, other.sink.closed], ["unauthenticated", null]);
  world.hub.closeAll("restart");
  assert.deepEqual([other.sink.closed, world.hub.size], ["restart", 0]);
  await assert.rejects(world.connect("ann"), /stopping/);
});

Deno.test("comparing heads brings rooms up to date that nobody announced, some at a time", async () => {
  const world = new World();
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
