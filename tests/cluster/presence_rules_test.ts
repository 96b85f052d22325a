import assert from "node:assert/strict";
import { silentLog } from "../../src/core/log.ts";
import type { InstanceListener, Instances } from "../../src/cluster/shared/instances.ts";
import { type PresenceTable, SharedPresence } from "../../src/cluster/shared/presence.ts";
import { eventually } from "../support/eventually.ts";

/** The directory of instance "me", over a table in memory and instances that a test names. */
class PresenceWorld {
  readonly entries = new Set<string>();
  readonly alive = new Set(["me"]);
  readonly known = new Set(["me"]);
  /** Instances that a refresh finds. */
  readonly found = new Set<string>();
  readonly puts: string[][] = [];
  queries = 0;
  refreshes = 0;
  failures = 0;
  listener!: InstanceListener;
  readonly offline: [userIds: string[], at: number][] = [];
  readonly restored: string[][] = [];
  readonly directory: SharedPresence;

  constructor() {
    const instances = {
      id: "me",
      counts: (id: string) => this.alive.has(id),
      knows: (id: string) => this.known.has(id),
      refresh: () => {
        this.refreshes++;
        for (const id of this.found) {
          this.known.add(id);
          this.alive.add(id);
        }
        return Promise.resolve();
      },
      listen: (listener: InstanceListener) => this.listener = listener,
    } as unknown as Instances;
    this.directory = new SharedPresence(this.#table(), instances, silentLog);
    this.directory.onOffline((userIds, at) => void this.offline.push([userIds, at]));
    this.directory.onRestored((userIds) => void this.restored.push(userIds));
  }

  /** Stores that these users are connected to an instance. */
  put(instance: string, ...userIds: string[]): void {
    for (const userId of userIds) this.entries.add(`${userId} ${instance}`);
  }

  #table(): PresenceTable {
    const answer = <T>(work: () => T): Promise<T> =>
      this.failures-- > 0 ? Promise.reject(new Error("out of order")) : Promise.resolve(work());
    return {
      put: (instance, userIds) =>
        answer(() => {
          this.puts.push(userIds);
          this.put(instance, ...userIds);
        }),
      remove: (instance, userIds) =>
        answer(() => {
          for (const userId of userIds) this.entries.delete(`${userId} ${instance}`);
        }),
      instancesOf: (userIds) =>
        answer(() => {
          this.queries++;
          const pairs = [...this.entries].map((entry) => entry.split(" "));
          return new Map(userIds.map((userId) => [
            userId,
            pairs.filter(([each]) => each === userId).map(([, instance]) => instance),
          ]));
        }),
      usersOf: (instance, limit) =>
        answer(() =>
          [...this.entries].map((entry) => entry.split(" ")).filter(([, id]) => id === instance)
            .map(([userId]) => userId).slice(0, limit)
        ),
    };
  }
}

Deno.test("SharedPresence stores who is here, as of the time of writing, in batches", async () => {
  const world = new PresenceWorld();
  const userIds = Array.from({ length: 450 }, (_, i) => `u${i}`);
  const written = userIds.map((userId) => world.directory.enter(userId));
  const left = world.directory.leave("u0");
  await Promise.all([...written, left]);
  assert.deepEqual(world.puts.map(({ length }) => length), [199, 200, 50]);
  assert.equal(world.entries.size, 449);
  await world.directory.leave("u1");
  assert.ok(!world.entries.has("u1 me"));
});

Deno.test("SharedPresence writes again what the table refused", async () => {
  const world = new PresenceWorld();
  world.failures = 1;
  await world.directory.enter("ann");
  assert.deepEqual([...world.entries], ["ann me"]);
});

Deno.test("SharedPresence counts users who are here without a query, and others by living instances", async () => {
  const world = new PresenceWorld();
  await world.directory.enter("ann");
  assert.deepEqual(await world.directory.online(["ann"]), new Set(["ann"]));
  assert.equal(world.queries, 0);
  for (const id of ["living", "dead"]) world.known.add(id);
  world.alive.add("living");
  world.put("living", "bob");
  world.put("dead", "eve");
  // Left here: the entry is removed only by the next write.
  world.put("me", "gil");
  const online = await world.directory.online(["ann", "bob", "eve", "gil", "nora"]);
  assert.deepEqual(online, new Set(["ann", "bob"]));
  assert.ok(world.entries.has("eve dead"), "its sweep removes it");
});

Deno.test("SharedPresence removes entries of an instance that a refresh does not find", async () => {
  const world = new PresenceWorld();
  world.found.add("new");
  world.put("new", "ann");
  world.put("swept", "bob");
  assert.deepEqual(await world.directory.online(["ann", "bob"]), new Set(["ann"]));
  assert.deepEqual([...world.entries], ["ann new"]);
});

Deno.test("SharedPresence shows users who are here while the table fails, and lets it rest", async () => {
  const world = new PresenceWorld();
  await world.directory.enter("ann");
  world.known.add("living");
  world.alive.add("living");
  world.put("living", "bob");
  world.failures = 1;
  assert.deepEqual(await world.directory.online(["ann", "bob"]), new Set(["ann"]));
  assert.deepEqual(await world.directory.online(["ann", "bob"]), new Set(["ann"]));
  assert.equal(world.queries, 0, "not queried meanwhile");
  await eventually("it is queried again", async () => {
    return (await world.directory.online(["bob"])).has("bob");
  });
});

Deno.test("SharedPresence announces users of a dead instance who are connected nowhere else", async () => {
  const world = new PresenceWorld();
  await world.directory.enter("here");
  for (const id of ["dead", "living"]) world.known.add(id);
  world.alive.add("living");
  const gone = Array.from({ length: 250 }, (_, i) => `u${i}`);
  world.put("dead", "here", "elsewhere", ...gone);
  world.put("living", "elsewhere");
  await world.listener.sweep!({ id: "dead", state: "alive", at: 77, head: 0 });
  assert.deepEqual(world.offline.flatMap(([userIds]) => userIds).sort(), gone.toSorted());
  assert.ok(world.offline.every(([, at]) => at === 77), "as of its last heartbeat");
  assert.deepEqual(new Set(world.entries), new Set(["here me", "elsewhere living"]));
});

Deno.test("SharedPresence stores everyone again after others may have swept them, and says so", async () => {
  const world = new PresenceWorld();
  await Promise.all([world.directory.enter("ann"), world.directory.enter("bob")]);
  world.entries.clear();
  world.listener.onRevived!();
  await eventually("they are announced", () => world.restored.length > 0);
  assert.deepEqual(world.restored, [["ann", "bob"]]);
  assert.deepEqual(new Set(world.entries), new Set(["ann me", "bob me"]));
});

Deno.test("SharedPresence leaves its entries to the others when it closes", async () => {
  const world = new PresenceWorld();
  await world.directory.enter("ann");
  world.directory.close();
  await world.directory.leave("ann");
  assert.deepEqual([...world.entries], ["ann me"]);
});

Deno.test("SharedPresence reads the instances again only for one that it does not know, at most twice", async () => {
  const world = new PresenceWorld();
  world.known.add("there").add("here");
  world.alive.add("there");
  world.put("there", "bob");
  const look = async (userId: string) => {
    world.refreshes = 0;
    const isOnline = (await world.directory.online([userId])).has(userId);
    return [isOnline, world.refreshes];
  };
  assert.deepEqual(await look("bob"), [true, 0]);
  world.put("swept", "cat");
  assert.deepEqual(await look("cat"), [false, 2]);
  assert.deepEqual(await look("cat"), [false, 0], "its entry was removed");
  world.put("new", "dan");
  world.found.add("new");
  assert.deepEqual(await look("dan"), [true, 1]);
  world.directory.close();
});
