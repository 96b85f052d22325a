import assert from "node:assert/strict";
import { systemClock } from "../../src/core/clock.ts";
import type { Caller, Visitor } from "../../src/model/caller.ts";
import type { WireEvent } from "../../src/model/event.ts";
import type { Sink } from "../../src/realtime/connection.ts";
import { hello, type HelloServices } from "../../src/transport/hello.ts";
import { World } from "../realtime/world.ts";

/** A socket that stores the frames written to it. */
function aSink() {
  const events: WireEvent[] = [];
  const sink: Sink = {
    codec: { encode: (batch) => batch.map((event) => JSON.stringify(event)) },
    write: (frame) => void events.push(...[...frame].map((text) => JSON.parse(text))),
    close() {},
  };
  return { sink, events };
}

type Sync = HelloServices["catchUp"]["sync"];

/** The services for a hello, over the hub of `world`, with the test's catch-up. */
function servicesOf(
  world: World,
  sync: Sync,
  isUpToDate: HelloServices["catchUp"]["isUpToDate"] = () => Promise.resolve(false),
): HelloServices {
  const caller = { userId: "ann", sessionId: "s", tokenExpiresAt: Infinity } as Caller;
  return {
    authenticate: () => Promise.resolve(caller),
    charge: () => Promise.resolve(),
    chargeFurther: () => Promise.resolve(),
    catchUp: {
      incarnation: () => Promise.resolve("one"),
      sync,
      isUpToDate,
    } as HelloServices["catchUp"],
    hub: world.hub,
    clock: systemClock,
    limits: { socketsPerUser: 1 },
  };
}

/** Time of the commit: before or after the rows of the reply are read. */
const MOMENTS: Record<string, { answered: number; heard: number[] }> = {
  before: { answered: 3, heard: [4] },
  after: { answered: 2, heard: [3, 4] },
};

for (const [moment, { answered, heard }] of Object.entries(MOMENTS)) {
  Deno.test(`an event between attach and sync, ${moment} its rows are read, arrives once`, async () => {
    const world = new World();
    const chatId = world.chat("ann", "bob");
    const { sink, events } = aSink();
    const say = (text: string) => world.hub.commit(world.write(chatId, { say: text }));
    const read = () => world.after(chatId, 0, { rows: 100 });
    const services = servicesOf(world, async () => {
      assert.equal(world.hub.isConnected("ann"), true, "attached before what was missed is read");
      if (moment === "before") say("between");
      const changes = await read();
      if (moment === "after") say("between");
      return { items: [{ ...changes, members: [], messages: [] }], next: null, furtherUses: 0 };
    });
    const input = { token: "t", cursors: { [chatId]: 0 } };
    const { release } = await hello(services, {} as Visitor, input, sink);
    assert.equal(events.length, 0, "nothing goes before the answer");
    release();
    say("later");
    const revs = () => events.filter((event) => event.chatId === chatId).map(({ rev }) => rev);
    assert.deepEqual(revs(), heard);
    assert.deepEqual(heard[0], answered + 1);
    world.hub.closeAll("restart");
  });
}

Deno.test("a client whose chats are where its cursors are gets an empty sync, and what follows", async () => {
  const world = new World();
  const chatId = world.chat("ann", "bob");
  const { sink, events } = aSink();
  const services = servicesOf(
    world,
    () => Promise.reject(new Error("nothing was missed")),
    (cursors, chats) => {
      assert.deepEqual([...chats.keys()], Object.keys(cursors));
      return Promise.resolve(true);
    },
  );
  const input = {
    token: "t",
    cursors: { [chatId]: world.chats.get(chatId)!.rev },
    changedOnly: true,
  };
  const { answer, release } = await hello(services, {} as Visitor, input, sink);
  assert.deepEqual(answer.sync, { items: [], next: null });
  world.hub.commit(world.write(chatId, { say: "later" }));
  release();
  assert.equal(events.filter((event) => event.chatId === chatId).length, 1);
  world.hub.closeAll("restart");
});

const MISSED: Record<string, (world: World, chatId: string) => void> = {
  "an event delivered after the heads were read": (world, chatId) =>
    world.hub.commit(world.write(chatId, { say: "between" })),
  "a chat joined after the heads were read": (world) => {
    const other = world.chat("bob", "eve");
    world.hub.commit(world.write(other, { join: "ann" }));
  },
};

for (const [what, happen] of Object.entries(MISSED)) {
  Deno.test(`a hello reads ${what}`, async () => {
    const world = new World();
    const chatId = world.chat("ann", "bob");
    const { sink } = aSink();
    let syncs = 0;
    const services = servicesOf(
      world,
      () => {
        syncs++;
        return Promise.resolve({ items: [], next: null, furtherUses: 0 });
      },
      () => {
        happen(world, chatId);
        return Promise.resolve(true);
      },
    );
    const input = {
      token: "t",
      cursors: { [chatId]: world.chats.get(chatId)!.rev },
      changedOnly: true,
    };
    await hello(services, {} as Visitor, input, sink);
    assert.equal(syncs, 1);
    world.hub.closeAll("restart");
  });
}
