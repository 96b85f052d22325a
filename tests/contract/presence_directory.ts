import assert from "node:assert/strict";
import { silentLog } from "../../src/core/log.ts";
import { newId } from "../../src/core/ids.ts";
import { Instances, type InstanceTable } from "../../src/cluster/shared/instances.ts";
import type { PresenceDirectory } from "../../src/cluster/presence_directory.ts";
import { type PresenceTable, SharedPresence } from "../../src/cluster/shared/presence.ts";
import { eventually } from "../support/eventually.ts";

type Options = Pick<Deno.TestDefinition, "ignore">;

/** Tables that are empty at first, and deleted when it is disposed of. */
export interface PresenceTables extends AsyncDisposable {
  instances: InstanceTable;
  presence: PresenceTable;
}

/** Contract of every directory for a single instance. */
export function presenceDirectoryContract(
  name: string,
  open: () => Promise<{ directory: PresenceDirectory } & AsyncDisposable>,
  options: Options = {},
): void {
  const test = (title: string, run: (directory: PresenceDirectory) => Promise<void>) =>
    Deno.test({
      ...options,
      name: `${name} presence: ${title}`,
      fn: async () => {
        await using bed = await open();
        await run(bed.directory);
      },
    });

  test("a user is online from entering until leaving, and no one else is", async (directory) => {
    const [ann, bob] = [newId(), newId()];
    await directory.enter(ann);
    assert.deepEqual(await directory.online([ann, bob]), new Set([ann]));
    await directory.leave(ann);
    assert.deepEqual(await directory.online([ann, bob]), new Set());
    assert.deepEqual(await directory.online([]), new Set());
  });

  test("repeated entering and leaving have no effect", async (directory) => {
    const ann = newId();
    await directory.leave(ann);
    for (let i = 0; i < 2; i++) await directory.enter(ann);
    assert.equal((await directory.online([ann])).size, 1);
    for (let i = 0; i < 2; i++) await directory.leave(ann);
    assert.equal((await directory.online([ann])).size, 0);
  });

  test("the last of many concurrent changes counts", async (directory) => {
    const [comes, goes] = [newId(), newId()];
    const moves = [comes, goes].flatMap((userId) => [
      directory.enter(userId),
      directory.leave(userId),
      directory.enter(userId),
      ...(userId === goes ? [directory.leave(userId)] : []),
    ]);
    await Promise.all(moves);
    assert.deepEqual(await directory.online([comes, goes]), new Set([comes]));
  });

  test("hundreds of users who enter at once are all online", async (directory) => {
    const userIds = Array.from({ length: 450 }, () => newId());
    await Promise.all(userIds.map((userId) => directory.enter(userId)));
    assert.equal((await directory.online(userIds)).size, userIds.length);
  });
}

/** One of several instances, which can be cut off from the tables. */
class Instance {
  readonly offline: [userId: string, at: number][] = [];
  readonly restored: string[] = [];
  readonly instances: Instances;
  readonly directory: SharedPresence;
  isCut = false;
  /** A call that fails though the instance is not cut off. */
  failing: keyof PresenceTable | null = null;
  readonly #refused: (string | symbol)[] = [];

  constructor(tables: PresenceTables) {
    const instances = this.#cuttable(tables.instances);
    this.instances = new Instances({
      table: instances,
      log: silentLog,
      beatMs: 150,
      // Longer than a busy machine delays a heartbeat, or a test's next step.
      deadMs: 3_000,
      leftGraceMs: 2_000,
    });
    const presence = this.#cuttable(tables.presence);
    this.directory = new SharedPresence(presence, this.instances, silentLog);
    this.directory.onOffline((userIds, at) => {
      for (const userId of userIds) this.offline.push([userId, at]);
    });
    this.directory.onRestored((userIds) => this.restored.push(...userIds));
  }

  /** Calls by this name that were refused. */
  refusals(name: keyof PresenceTable): number {
    return this.#refused.filter((each) => each === name).length;
  }

  async end(): Promise<void> {
    this.isCut = false;
    await this.instances.leave();
    this.directory.close();
  }

  #cuttable<T extends object>(table: T): T {
    return new Proxy(table, {
      get: (target, name) => (...args: unknown[]) => {
        if (this.isCut || this.failing === name) {
          this.#refused.push(name);
          return Promise.reject(new Error("cut off"));
        }
        return (target as Record<string | symbol, (...args: unknown[]) => unknown>)[name](...args);
      },
    });
  }
}

class SharedBed implements AsyncDisposable {
  readonly #all: Instance[] = [];

  constructor(readonly tables: PresenceTables) {}

  async start(): Promise<Instance> {
    const instance = new Instance(this.tables);
    this.#all.push(instance);
    await instance.instances.start();
    return instance;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((each) => each.end()));
    await this.tables[Symbol.asyncDispose]();
  }
}

/** Further contract of directories in a table that instances share. */
export function sharedPresenceContract(
  name: string,
  open: () => Promise<PresenceTables>,
  options: Options = {},
): void {
  presenceDirectoryContract(name, async () => {
    const bed = new SharedBed(await open());
    const { directory } = await bed.start();
    return { directory, [Symbol.asyncDispose]: () => bed[Symbol.asyncDispose]() };
  }, options);

  const test = (title: string, run: (bed: SharedBed) => Promise<void>) =>
    Deno.test({
      ...options,
      name: `${name} presence: ${title}`,
      fn: async () => {
        await using bed = new SharedBed(await open());
        await run(bed);
      },
    });

  const isOnline = async ({ directory }: Instance, userId: string) =>
    (await directory.online([userId])).has(userId);

  test("a user on any instance is online to all, at once", async (bed) => {
    const [a, ann] = [await bed.start(), newId()];
    const b = await bed.start();
    await b.directory.enter(ann);
    assert.ok(await isOnline(a, ann), "although a does not know b yet");
    await a.directory.enter(ann);
    await b.directory.leave(ann);
    assert.ok(await isOnline(b, ann), "another device keeps her");
    await a.directory.leave(ann);
    assert.ok(!await isOnline(b, ann));
  });

  test("one other instance reports the users of a dead instance who are connected nowhere else", async (bed) => {
    const [dying, b, c] = [await bed.start(), await bed.start(), await bed.start()];
    const [ann, both] = [newId(), newId()];
    for (const userId of [ann, both]) await dying.directory.enter(userId);
    await b.directory.enter(both);
    assert.ok(await isOnline(c, ann));
    const before = Date.now();
    dying.isCut = true;
    await eventually("it was announced", () => b.offline.length + c.offline.length > 0);
    const [[userId, at]] = [...b.offline, ...c.offline];
    assert.equal(userId, ann);
    assert.ok(at <= before, "the last sign of life");
    await eventually(
      "it is forgotten",
      async () => (await bed.tables.instances.list()).length === 2,
    );
    assert.equal(b.offline.length + c.offline.length, 1);
    assert.deepEqual([await isOnline(b, ann), await isOnline(c, both)], [false, true]);
    const left = await bed.tables.presence.instancesOf([ann, both]);
    assert.deepEqual([left.get(ann) ?? [], left.get(both)], [[], [b.instances.id]]);
  });

  test("no user is reported offline while other connections cannot be read", async (bed) => {
    const [dying, b, c] = [await bed.start(), await bed.start(), await bed.start()];
    const [ann, both] = [newId(), newId()];
    for (const userId of [ann, both]) await dying.directory.enter(userId);
    await c.directory.enter(both);
    b.failing = c.failing = "instancesOf";
    dying.isCut = true;
    await eventually("it was queried", () => b.refusals("instancesOf") + c.refusals("instancesOf"));
    assert.deepEqual([b.offline, c.offline], [[], []]);
    b.failing = c.failing = null;
    await eventually("ann is announced as offline", () => b.offline.length + c.offline.length > 0);
    assert.deepEqual([...b.offline, ...c.offline].map(([userId]) => userId), [ann]);
  });

  test("users of an instance that leaves stay online for a grace period, and longer if they return", async (bed) => {
    const [leaving, b, ann, bob] = [await bed.start(), await bed.start(), newId(), newId()];
    for (const userId of [ann, bob]) await leaving.directory.enter(userId);
    await leaving.end();
    await b.instances.refresh();
    assert.ok(await isOnline(b, ann), "she has time to come back elsewhere");
    await b.directory.enter(bob);
    await eventually("ann is announced as offline", () => b.offline.length > 0);
    assert.deepEqual(b.offline.map(([userId]) => userId), [ann]);
    assert.deepEqual([await isOnline(b, ann), await isOnline(b, bob)], [false, true]);
  });

  test("an instance that was considered dead returns with all its users", async (bed) => {
    const [a, b, ann, bob] = [await bed.start(), await bed.start(), newId(), newId()];
    await a.directory.enter(ann);
    await eventually("b knows of a", () => b.instances.knows(a.instances.id));
    a.isCut = true;
    await eventually("ann is announced as offline", () => b.offline.length > 0);
    assert.ok(await isOnline(a, ann), "local users stay known");
    a.directory.enter(bob);
    a.isCut = false;
    await eventually("they are announced again", () => a.restored.length === 2);
    assert.deepEqual(a.restored, [ann, bob]);
    assert.deepEqual(await b.directory.online([ann, bob]), new Set([ann, bob]));
  });

  test("a table that has lost everything is filled again", async (bed) => {
    const [a, b, ann, bob] = [await bed.start(), await bed.start(), newId(), newId()];
    await a.directory.enter(ann);
    await b.directory.enter(bob);
    for (const { instances: { id } } of [a, b]) {
      await bed.tables.presence.remove(id, [ann, bob]);
      await bed.tables.instances.remove(id);
    }
    for (const each of [a, b]) {
      await eventually("both are back", async () => {
        return (await each.directory.online([ann, bob])).size === 2;
      });
    }
    await eventually(
      "each announces its own users",
      () => a.restored.length + b.restored.length === 2,
    );
    assert.deepEqual([a.restored, b.restored], [[ann], [bob]]);
  });

  test("entries written by an instance after its sweep are removed on the next read", async (bed) => {
    const [a, ann] = [await bed.start(), newId()];
    await bed.tables.presence.put(newId(), [ann]);
    assert.ok(!await isOnline(a, ann));
    assert.deepEqual((await bed.tables.presence.instancesOf([ann])).get(ann) ?? [], []);
  });

  test("while the table fails, local users are online, and are written later", async (bed) => {
    const [a, b, ann, bob] = [await bed.start(), await bed.start(), newId(), newId()];
    await b.directory.enter(bob);
    a.isCut = true;
    const entered = a.directory.enter(ann);
    for (let i = 0; i < 5; i++) {
      assert.deepEqual(await a.directory.online([ann, bob]), new Set([ann]));
    }
    assert.ok(a.refusals("instancesOf") < 5, "the table is left alone for a while");
    a.isCut = false;
    await entered;
    assert.ok(await isOnline(b, ann));
    await eventually("a asks the table again", () => isOnline(a, bob));
  });
}
