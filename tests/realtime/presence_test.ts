import assert from "node:assert/strict";
import { silentLog } from "../../src/core/log.ts";
import type { WireEvent } from "../../src/model/event.ts";
import type { User } from "../../src/model/user.ts";
import { Presence, type PresenceOptions } from "../../src/realtime/presence.ts";
import { localPresence } from "../../src/cluster/local/presence.ts";
import type { PresenceDirectory } from "../../src/cluster/presence_directory.ts";
import { type ArrivalParts, ComposedArrivals } from "../../src/store/composed_arrivals.ts";
import { eventually } from "../support/eventually.ts";
import { withHeldMaps } from "../support/held_maps.ts";

interface Told {
  chatIds: string[];
  data: { userId: string; state: string; text: string; lastSeenAt: string | null };
  exceptUserIds: string[];
}

/** Several instances' presence over one directory, and a Store of a few people in memory. */
class People {
  readonly users = new Map<string, User>();
  readonly chats = new Map<string, string[]>();
  readonly blocks: [string, string][] = [];
  readonly told: Told[] = [];
  readonly toldThemselves: { userIds: string[]; data: unknown }[] = [];
  readonly hidden: string[] = [];
  /** The search for the people to notify waits for it. */
  audienceHeld: Promise<void> = Promise.resolve();
  readonly connected = new Set<string>();
  readonly presence: Presence;
  now = 1_000_000;

  constructor(readonly directory: PresenceDirectory = localPresence(), grace = 0) {
    this.presence = new Presence({
      store: this.#store(),
      directory,
      hub: { isConnected: (userId: string) => this.connected.has(userId) },
      publisher: {
        toUsers: (userIds: string[], event: WireEvent) => {
          this.toldThemselves.push({ userIds, data: event.data });
        },
        toRooms: (chatIds: string[], event: WireEvent, exceptUserIds: string[]) => {
          this.told.push({ chatIds, data: event.data as Told["data"], exceptUserIds });
        },
      },
      clock: { now: () => this.now },
      log: silentLog,
      onHidden: (userId) => void this.hidden.push(userId),
      limits: { presenceGraceMs: grace, presenceMembers: 3 },
    });
  }

  add(id: string, fields: Partial<User> = {}): void {
    const status = { state: "online", text: "" };
    this.users.set(id, { id, status, lastSeenAt: null, deletedAt: null, ...fields } as User);
  }

  come(userId: string): void {
    this.connected.add(userId);
    this.presence.onFirstConnection(userId);
  }

  go(userId: string): void {
    this.connected.delete(userId);
    this.presence.onLastConnection(userId);
  }

  async eventsOf(count: number): Promise<string[]> {
    await eventually(`${count} are told`, () => this.told.length >= count);
    return this.told.map(({ data }) => `${data.userId} ${data.state}`);
  }

  async seen(by: string, of: string) {
    return (await this.presence.get(by, [of]))[0];
  }

  #store(): PresenceOptions["store"] {
    const memberOf = (userId: string) =>
      [...this.chats].filter(([, members]) => members.includes(userId));
    const parts = {
      users: {
        byId: (id: string) => Promise.resolve(this.users.get(id) ?? null),
        byIds: (ids: string[]) => Promise.resolve(ids.flatMap((id) => this.users.get(id) ?? [])),
        markSeen: (id: string, at: number) => {
          const user = this.users.get(id)!;
          if (user.deletedAt === null) user.lastSeenAt = Math.max(at, user.lastSeenAt ?? 0);
          return Promise.resolve();
        },
        update: (id: string, patch: Partial<User>) => {
          const user = { ...this.users.get(id)!, ...patch };
          if (user.deletedAt !== null) return Promise.resolve(null);
          this.users.set(id, user);
          return Promise.resolve(user);
        },
      },
      memberships: {
        presentOfUser: async (userId: string, after: string | null, limit: number) => {
          await this.audienceHeld;
          const chatIds = memberOf(userId).map(([chatId]) => chatId).sort();
          const rest = chatIds.filter((chatId) => after === null || chatId > after);
          return rest.slice(0, limit).map((chatId) => ({ chatId, userId }));
        },
        shareChat: (userId: string, otherId: string) =>
          Promise.resolve(memberOf(userId).some(([, members]) => members.includes(otherId))),
        ofChat: (chatId: string) =>
          Promise.resolve(this.chats.get(chatId)!.map((userId) => ({ chatId, userId }))),
      },
      chats: {
        heads: (ids: string[]) =>
          Promise.resolve(ids.map((id) => ({ id, memberCount: this.chats.get(id)!.length }))),
      },
      blocks: {
        has: (by: string, to: string) =>
          Promise.resolve(this.blocks.some((pair) => pair[0] === by && pair[1] === to)),
        blockersAmong: (id: string, ids: string[]) =>
          Promise.resolve(
            this.blocks.flatMap(([by, to]) => to === id && ids.includes(by) ? [by] : []),
          ),
        by: (id: string) =>
          Promise.resolve(
            this.blocks.filter(([by]) => by === id).map(([, blockedId]) => ({ blockedId })),
          ),
        against: (id: string) =>
          Promise.resolve(
            this.blocks.filter(([, to]) => to === id).map(([blockerId]) => ({ blockerId })),
          ),
      },
    } as unknown as ArrivalParts;
    return { ...parts, arrivals: new ComposedArrivals(parts) };
  }
}

function couple(options: { directory?: PresenceDirectory; grace?: number } = {}): People {
  const people = new People(options.directory, options.grace);
  people.add("ann");
  people.add("bob");
  people.chats.set("chat", ["ann", "bob"]);
  return people;
}

Deno.test("Presence notifies people who share a chat, and stores when a user went offline", async () => {
  const people = couple();
  people.come("ann");
  assert.deepEqual(await people.eventsOf(1), ["ann online"]);
  assert.deepEqual(people.told[0].chatIds, ["chat"]);
  people.go("ann");
  assert.deepEqual(await people.eventsOf(2), ["ann online", "ann offline"]);
  assert.equal(people.users.get("ann")!.lastSeenAt, people.now);
  assert.equal(people.told[1].data.lastSeenAt, new Date(people.now).toISOString());
});

Deno.test("Presence shows an erased user as offline", async () => {
  const people = couple();
  people.come("ann");
  await people.eventsOf(1);
  people.add("ann", { deletedAt: people.now, lastSeenHidden: true });
  people.go("ann");
  assert.deepEqual(await people.eventsOf(2), ["ann online", "ann offline"]);
  assert.equal(people.told[1].data.lastSeenAt, null);
});

Deno.test("Presence sends nothing for a reload within the grace period", async () => {
  const people = couple({ grace: 60_000 });
  people.come("ann");
  await people.eventsOf(1);
  people.go("ann");
  people.come("ann");
  await people.presence.set("ann", { state: "busy" });
  assert.deepEqual(await people.eventsOf(2), ["ann online", "ann busy"]);
  people.presence.close();
});

Deno.test("Presence keeps a user online who reconnects while their leaving waits", async () => {
  const local = localPresence();
  const entered = Promise.withResolvers<void>();
  let looks = 0;
  const directory: PresenceDirectory = {
    ...local,
    enter: async (userId) => {
      await entered.promise;
      await local.enter(userId);
    },
    online: (userIds) => {
      looks++;
      return local.online(userIds);
    },
  };
  const people = couple({ directory });
  people.come("ann");
  await eventually("her coming is under way", () => looks === 1);
  people.go("ann");
  await new Promise((resolve) => setTimeout(resolve));
  people.come("ann");
  entered.resolve();
  await eventually("her coming back has had its turn", () => looks > 1);
  await people.presence.set("ann", { state: "busy" });
  assert.deepEqual(await people.eventsOf(2), ["ann online", "ann busy"]);
});

Deno.test("Presence shows a user online who is connected to any instance", async () => {
  const others = new Set<string>();
  const local = localPresence();
  const directory: PresenceDirectory = {
    ...local,
    online: async (ids) =>
      new Set([...await local.online(ids), ...ids.filter((id) => others.has(id))]),
  };
  const people = couple({ directory });
  others.add("ann");
  people.come("ann");
  people.go("ann");
  people.come("bob");
  assert.deepEqual(await people.eventsOf(1), ["bob online"], "of ann nothing has changed");
  assert.equal((await people.seen("bob", "ann")).state, "online");
  assert.equal(people.users.get("ann")!.lastSeenAt, null);
});

Deno.test("Presence announces last what is stored, also if a change is overtaken by another", async () => {
  const people = couple();
  people.come("ann");
  await people.eventsOf(1);
  const held = Promise.withResolvers<void>();
  people.audienceHeld = held.promise;
  const busy = people.presence.set("ann", { state: "busy" });
  const state = () => people.users.get("ann")!.status.state;
  await eventually("it is stored", () => state() === "busy");
  people.audienceHeld = Promise.resolve();
  await people.presence.set("ann", { state: "invisible" });
  held.resolve();
  await busy;
  assert.deepEqual(people.told.map(({ data }) => data.state).slice(-2), ["busy", "offline"]);
  assert.deepEqual(people.toldThemselves.at(-1)!.data, {
    userId: "ann",
    state: "invisible",
    text: "",
    lastSeenAt: new Date(people.now).toISOString(),
  });
});

Deno.test("Presence shows an invisible user as offline in every way", async () => {
  const people = couple();
  people.come("ann");
  await people.eventsOf(1);
  await people.presence.set("ann", { state: "invisible", text: "here after all" });
  const hiddenAt = people.now;
  assert.deepEqual(people.told[1].data, {
    userId: "ann",
    state: "offline",
    text: "",
    lastSeenAt: new Date(hiddenAt).toISOString(),
  });
  people.now += 5_000;
  await people.presence.set("ann", { state: "invisible", text: "still" });
  const seen = { userId: "ann", state: "offline", text: "", lastSeenAt: hiddenAt };
  assert.deepEqual(await people.seen("bob", "ann"), seen);
  assert.equal((await people.seen("ann", "ann")).state, "invisible");
  people.go("ann");
  people.come("bob");
  await people.eventsOf(3);
  assert.deepEqual(await people.seen("bob", "ann"), seen, "leaving leaves no trace");
  assert.equal(people.told.length, 3, "and is told to nobody");
  assert.deepEqual(people.hidden, ["ann"], "typing ends once, with the change");
});

Deno.test("Presence hides both sides of a block from each other", async () => {
  for (const pair of [["ann", "bob"], ["bob", "ann"]] as [string, string][]) {
    const people = couple();
    people.blocks.push(pair);
    people.come("ann");
    await people.eventsOf(1);
    assert.deepEqual(people.told[0].exceptUserIds, ["ann", "bob"]);
    people.users.get("ann")!.lastSeenAt = 5;
    const nothing = { userId: "ann", state: "offline", text: "", lastSeenAt: null };
    assert.deepEqual(await people.seen("bob", "ann"), nothing);
  }
});

Deno.test("Presence shows strangers and missing users alike", async () => {
  const people = couple();
  people.add("stranger");
  people.come("stranger");
  const [stranger, nobody] = await people.presence.get("ann", ["stranger", "nobody"]);
  assert.deepEqual({ ...stranger, userId: "nobody" }, nobody);
});

Deno.test("Presence hides lastSeenAt on request", async () => {
  const people = couple();
  people.add("ann", { lastSeenHidden: true, lastSeenAt: 5 });
  assert.equal((await people.seen("bob", "ann")).lastSeenAt, null);
  people.come("ann");
  await people.eventsOf(1);
  people.go("ann");
  await people.eventsOf(2);
  assert.equal(people.told[1].data.lastSeenAt, null);
});

Deno.test("Presence does not notify large groups, whose members can query it", async () => {
  const people = couple();
  people.chats.clear();
  people.chats.set("large", ["ann", "bob", "cy", "dan"]);
  people.chats.set("of three", ["ann", "bob", "cy"]);
  people.come("ann");
  await people.eventsOf(1);
  assert.deepEqual(people.told[0].chatIds, ["of three"], "the limit is three members");
  assert.equal((await people.seen("bob", "ann")).state, "online");
});

Deno.test("Presence notifies all chats of a user with a thousand, and leaves out who is blocked in them", async () => {
  const people = couple();
  people.chats.clear();
  const chatIds = Array.from({ length: 1_000 }, (_, n) => `chat ${1_000 + n}`);
  for (const chatId of chatIds) people.chats.set(chatId, ["ann", "cat"]);
  people.chats.set(chatIds.at(-1)!, ["ann", "bob"]);
  const blocked = Array.from({ length: 101 }, (_, n) => `blocked ${n}`);
  for (const id of [...blocked.slice(1), "bob"]) people.blocks.push(["ann", id]);
  people.come("ann");
  await people.eventsOf(1);
  assert.deepEqual(people.told[0].chatIds, chatIds);
  assert.deepEqual(people.told[0].exceptUserIds, ["ann", "bob"], "few travel with the event");
});

Deno.test("Presence keeps state and text until they are changed", async () => {
  const people = couple();
  await people.presence.set("ann", { state: "away", text: "lunch" });
  assert.equal(people.told.length, 0, "nobody is told of who is not there");
  people.come("ann");
  assert.deepEqual(await people.eventsOf(1), ["ann away"]);
  assert.equal(people.told[0].data.text, "lunch");
  assert.equal((await people.presence.set("ann", { state: "busy" })).status.text, "lunch");
  assert.equal((await people.presence.set("ann", { state: "busy", text: "" })).status.text, "");
});

Deno.test("Presence announces users of a dead instance as offline since its last sign of life", async () => {
  let died = (_ids: string[], _at: number) => {};
  const directory = {
    ...localPresence(),
    onOffline: (listener: typeof died) => void (died = listener),
  };
  const people = couple({ directory });
  died(["ann"], 777);
  assert.deepEqual(await people.eventsOf(1), ["ann offline"]);
  assert.equal(people.users.get("ann")!.lastSeenAt, 777);
});

Deno.test("Presence announces connected users again when others may have missed them", async () => {
  let restored = (_ids: string[]) => {};
  const directory = {
    ...localPresence(),
    onRestored: (listener: typeof restored) => void (restored = listener),
  };
  const people = couple({ directory, grace: 60_000 });
  people.add("cy");
  people.chats.set("chat", ["ann", "bob", "cy"]);
  for (const userId of ["ann", "bob", "cy"]) people.come(userId);
  await people.eventsOf(3);
  await people.presence.set("bob", { state: "invisible" });
  people.go("cy");
  people.told.length = 0;
  restored(["cy", "bob", "ann"]);
  assert.deepEqual(
    await people.eventsOf(1),
    ["ann online"],
    "not the invisible, nor who is leaving",
  );
  people.presence.close();
});

Deno.test("Presence never moves back when a user was last seen, and keeps nothing of users it has handled", async () => {
  const people = new People();
  people.add("ann", { lastSeenAt: 5_000_000 });
  people.add("bob");
  people.chats.set("chat", ["ann", "bob"]);
  for (const userId of ["ann", "bob"]) {
    people.come(userId);
    people.go(userId);
  }
  await eventually("both are offline", () => people.users.get("bob")!.lastSeenAt === 1_000_000);
  await eventually("nothing is kept", () => people.presence.inProgress === 0);
  assert.equal(people.users.get("ann")!.lastSeenAt, 5_000_000);
  const announced = people.told.filter(({ data }) => data.userId === "ann").at(-1)!.data;
  const { state, lastSeenAt } = announced;
  assert.deepEqual([state, lastSeenAt], ["offline", new Date(5_000_000).toISOString()]);
  people.presence.close();
});

Deno.test("Presence holds nothing of users who came back in time or have left", async () => {
  const { made: people, held } = withHeldMaps(() => new People(localPresence(), 5));
  people.add("ann");
  people.come("ann");
  await eventually("she has arrived", () => people.told.length === 1);
  people.go("ann");
  people.come("ann");
  people.go("ann");
  await eventually("she is offline", () => people.told.length === 2);
  people.users.clear();
  await eventually("nothing is held", () => held().length === 0);
});
