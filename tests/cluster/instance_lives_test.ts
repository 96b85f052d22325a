import assert from "node:assert/strict";
import { silentLog } from "../../src/core/log.ts";
import {
  type InstanceRow,
  Instances,
  type InstanceTable,
} from "../../src/cluster/shared/instances.ts";
import { eventually } from "../support/eventually.ts";

/** A table in memory, which a test can break, and whose writes it can hold back. */
class MemoryTable implements InstanceTable {
  readonly rows = new Map<string, InstanceRow & { version: string }>();
  isBroken = false;
  /** Number of heartbeats that each instance has tried. */
  readonly beats = new Map<string, number>();
  held: Promise<void> | undefined;
  #version = 0;

  list() {
    return this.#answer(() => [...this.rows.values()].map((row) => ({ ...row })));
  }

  write(row: InstanceRow) {
    return this.#answer(() => this.#put(row));
  }

  async replace(row: InstanceRow, version: string) {
    if (row.state === "alive") this.beats.set(row.id, this.beatsOf(row.id) + 1);
    await this.held;
    return await this.#answer(() =>
      this.rows.get(row.id)?.version === version ? this.#put(row) : null
    );
  }

  remove(id: string) {
    return this.#answer(() => void this.rows.delete(id));
  }

  beatsOf(id: string): number {
    return this.beats.get(id) ?? 0;
  }

  stateOf(id: string): InstanceRow["state"] | undefined {
    return this.rows.get(id)?.state;
  }

  #put(row: InstanceRow): string {
    const version = `${++this.#version}`;
    this.rows.set(row.id, { ...row, version });
    return version;
  }

  #answer<T>(work: () => T): Promise<T> {
    return this.isBroken ? Promise.reject(new Error("out of order")) : Promise.resolve(work());
  }
}

/** An interval without a heartbeat during a test. */
const NEVER_MS = 600_000;

/** Instances of one table, by a clock that a test moves; their heartbeats come all the time. */
class Lives implements AsyncDisposable {
  readonly table = new MemoryTable();
  now = 0;
  readonly #started: Instances[] = [];

  /** Starts an instance, and records what its listener hears. */
  async start(
    id: string,
    sweep: (id: string) => Promise<void> = () => Promise.resolve(),
    beatMs = 1,
  ) {
    const heard: string[] = [];
    const instances = new Instances({
      table: this.table,
      log: silentLog,
      id,
      beatMs,
      deadMs: 10_000,
      leftGraceMs: 5_000,
      now: () => this.now,
    });
    instances.listen({
      onJoined: (other) => heard.push(`${other} joined`),
      onGone: (other, left) => heard.push(`${other} ${left ? "left" : "died"}`),
      onRevived: () => heard.push("revived"),
      sweep: async (row) => {
        heard.push(`sweeps ${row.id}`);
        await sweep(row.id);
      },
    });
    await instances.start();
    this.#started.push(instances);
    return { instances, heard };
  }

  /** The row of an instance elsewhere, which its own heartbeats do not renew. */
  async other(id: string, state: InstanceRow["state"] = "alive"): Promise<void> {
    await this.table.write({ id, state, at: 0, head: 0 });
  }

  /** Moves the clock in steps with heartbeats between: no instance here is cut off meanwhile. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 4_000) {
      this.now += Math.min(left, 4_000);
      await this.beat();
    }
  }

  /** Resolves once every instance here has finished a heartbeat that began from now on. */
  async beat(): Promise<void> {
    const before = this.#started.map(({ id }) => this.table.beatsOf(id) + 2);
    await eventually("heartbeats come", () => {
      return this.#started.every(({ id }, i) => this.table.beatsOf(id) >= before[i]);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.table.isBroken = false;
    await Promise.all(this.#started.map((each) => each.leave()));
  }
}

Deno.test("Instances considers an instance dead whose row has not changed, and sweeps it once", async () => {
  await using lives = new Lives();
  const [a, b] = [await lives.start("a"), await lives.start("b")];
  await lives.other("x");
  await lives.beat();
  await lives.pass(10_000);
  assert.ok(a.instances.counts("x"), "not yet");
  lives.now = 10_001;
  assert.ok(!a.instances.counts("x"));
  await eventually("both hear of it", () => [a, b].every(({ heard }) => heard.includes("x died")));
  const sweeps = [...a.heard, ...b.heard].filter((each) => each.startsWith("sweeps"));
  assert.deepEqual(sweeps, ["sweeps x"]);
  assert.equal(lives.table.stateOf("x"), undefined, "its row is gone");
  assert.deepEqual(b.heard.filter((each) => each.includes("joined")), ["x joined"]);
  assert.deepEqual(a.heard.filter((each) => each.includes("joined")), ["b joined", "x joined"]);
});

Deno.test("Instances lets one of two that find a dead instance at once sweep it", async () => {
  await using lives = new Lives();
  const nothing = () => Promise.resolve();
  const [a, b] = [
    await lives.start("a", nothing, NEVER_MS),
    await lives.start("b", nothing, NEVER_MS),
  ];
  const both = () => Promise.all([a.instances.refresh(), b.instances.refresh()]);
  await lives.other("x");
  await both();
  lives.now = 10_001;
  for (const id of ["a", "b"]) await lives.other(id);
  await both();
  await eventually("it is swept", () => lives.table.stateOf("x") === undefined);
  const sweeps = [...a.heard, ...b.heard].filter((each) => each.startsWith("sweeps"));
  assert.deepEqual(sweeps, ["sweeps x"]);
});

for (const cutOffMs of [10_001, 60_000]) {
  Deno.test(`Instances considers no other dead after it was cut off itself for ${cutOffMs} ms, until it has had time`, async () => {
    await using lives = new Lives();
    const { instances, heard } = await lives.start("a");
    await lives.other("x");
    await lives.beat();
    lives.table.isBroken = true;
    lives.now = cutOffMs;
    await lives.beat();
    lives.table.isBroken = false;
    await lives.beat();
    assert.ok(instances.counts("x"), "it may have been cut off as well");
    assert.deepEqual(heard, ["x joined"]);
    await lives.pass(10_001);
    await eventually("it is dead after all", () => heard.includes("x died"));
  });
}

Deno.test("Instances counts one that left for a while, and then knows that it left", async () => {
  await using lives = new Lives();
  const { instances, heard } = await lives.start("a");
  await lives.other("x");
  await lives.beat();
  await lives.other("x", "left");
  await lives.beat();
  lives.now = 5_000;
  assert.ok(instances.counts("x"), "its clients may come back");
  lives.now = 5_001;
  await eventually("it is swept", () => heard.length === 3);
  assert.deepEqual(heard, ["x joined", "sweeps x", "x left"]);
});

Deno.test("Instances does not count one that another instance sweeps", async () => {
  await using lives = new Lives();
  const { instances } = await lives.start("a");
  await lives.other("x", "dead");
  await lives.beat();
  assert.ok(instances.knows("x") && !instances.counts("x"));
});

Deno.test("Instances repeats a sweep that failed", async () => {
  await using lives = new Lives();
  let failures = 1;
  const { heard } = await lives.start("a", () => {
    return failures-- > 0 ? Promise.reject(new Error("cannot")) : Promise.resolve();
  });
  await lives.other("x");
  await lives.beat();
  await lives.pass(10_001);
  await eventually("it is tried", () => heard.includes("sweeps x"));
  assert.equal(lives.table.stateOf("x"), "dead");
  await lives.pass(10_001);
  await eventually("it is done", () => heard.includes("x died"));
  assert.equal(heard.filter((each) => each === "sweeps x").length, 2);
});

Deno.test("Instances reports once that others may have swept its data, and is alive again", async () => {
  await using lives = new Lives();
  const { heard } = await lives.start("a");
  for (const lose of [() => lives.table.remove("a"), () => lives.other("a", "dead")]) {
    heard.length = 0;
    await lose();
    await lives.beat();
    await lives.beat();
    assert.deepEqual(heard, ["revived"]);
    assert.equal(lives.table.stateOf("a"), "alive");
  }
});

Deno.test("Instances leaves after the heartbeat in progress, which would undo it, and sweeps nothing then", async () => {
  await using lives = new Lives();
  const { instances, heard } = await lives.start("a");
  await lives.other("x");
  await lives.beat();
  const { promise, resolve } = Promise.withResolvers<void>();
  lives.table.held = promise;
  const before = lives.table.beatsOf("a");
  await eventually("one is in progress", () => lives.table.beatsOf("a") > before);
  const leaving = instances.leave();
  lives.now = 10_001;
  resolve();
  await leaving;
  assert.equal(lives.table.stateOf("a"), "left");
  const { version } = lives.table.rows.get("a")!;
  await instances.leave();
  assert.equal(lives.table.rows.get("a")!.version, version, "once");
  lives.now = 30_000;
  await instances.refresh();
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(heard, ["x joined"]);
});

Deno.test("Instances announces the number of its last batch with each heartbeat", async () => {
  await using lives = new Lives();
  const { instances } = await lives.start("a");
  const other = await lives.start("b");
  instances.head = 7;
  await eventually("it is announced", () => other.instances.peers()[0].head === 7);
});
