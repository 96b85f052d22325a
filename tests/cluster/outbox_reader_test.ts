import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { silentLog } from "../../src/core/log.ts";
import type { Signal } from "../../src/cluster/broker.ts";
import { KvBroker } from "../../src/cluster/kv/broker.ts";
import { kvInstanceTable } from "../../src/cluster/kv/instances.ts";
import { headKey, outboxKey } from "../../src/cluster/kv/keys.ts";
import { OutboxReader } from "../../src/cluster/kv/outbox_reader.ts";
import { Instances } from "../../src/cluster/shared/instances.ts";
import { ServiceMonitor } from "../../src/cluster/shared/service_monitor.ts";
import { encodeSignal } from "../../src/cluster/shared/signal_codec.ts";
import { ReceivedSignals } from "../contract/broker.ts";
import { eventually } from "../support/eventually.ts";

/**
 * Reads the outbox of an instance whose rows, heads and batches the test writes, over a KV whose
 * reads and watches it can hold back or break.
 */
class ReaderWorld implements AsyncDisposable {
  readonly received = new ReceivedSignals();
  readonly instances: Instances;
  readonly reader: OutboxReader;
  /** Number of reads of batches that have begun. */
  reads = 0;
  /** Keys of each watch that has begun. */
  readonly watched: Deno.KvKey[][] = [];
  #held: Promise<void> | undefined;
  /** False while changes of the watched keys are lost. */
  isWatching = true;
  #brokenWatches = 0;
  readonly speaker = newId();

  private constructor(readonly kv: Deno.Kv, beatMs = 20) {
    const table = kvInstanceTable(kv);
    this.instances = new Instances({ table, log: silentLog, beatMs, deadMs: 1_200_000 });
    this.reader = new OutboxReader({
      kv: this.#reading(),
      watchKv: this.#watching(),
      instances: this.instances,
      log: silentLog,
      events: this.received,
      monitor: new ServiceMonitor("a test", () => this.reader.onRecovered()),
    });
  }

  static async open(
    options: { brokenWatches?: number; isWatching?: boolean; beatMs?: number } = {},
  ) {
    const world = new ReaderWorld(await Deno.openKv(":memory:"), options.beatMs);
    world.#brokenWatches = options.brokenWatches ?? 0;
    world.isWatching = options.isWatching ?? true;
    return world;
  }

  /** Announces the speaker; `head` is the number of its last batch, as its heartbeat has it. */
  async beat(head = 0): Promise<void> {
    const row = { id: this.speaker, state: "alive", at: Date.now(), head } as const;
    await kvInstanceTable(this.kv).write(row);
  }

  /** Writes a batch of one signal, and the head that points to it. */
  async say(n: number): Promise<Signal> {
    const signal = aSignal();
    await this.kv.set(outboxKey(this.speaker, n), encodeSignal(signal));
    await this.kv.set(headKey(this.speaker), n);
    return signal;
  }

  /** Holds back what is read of batches, until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    return () => {
      this.#held = undefined;
      resolve();
    };
  }

  /** Gives the reader a batch of one signal that is not written. */
  give(n: number): Signal {
    const signal = aSignal();
    this.reader.receive(this.speaker, { n, signals: encodeSignal(signal), commits: [] });
    return signal;
  }

  #reading(): Deno.Kv {
    return proxied(this.kv, {
      getMany: async (keys: Deno.KvKey[]) => {
        const isBatch = keys[0]?.[0] === "outbox";
        if (isBatch) this.reads++;
        const entries = await this.kv.getMany(keys);
        if (isBatch) await this.#held;
        return entries;
      },
    });
  }

  #watching(): Deno.Kv {
    return proxied(this.kv, {
      watch: (keys: Deno.KvKey[]) => {
        this.watched.push(keys);
        if (this.watched.length <= this.#brokenWatches) {
          return new ReadableStream({ start: (controller) => controller.error(new Error("cut")) });
        }
        return this.isWatching ? this.kv.watch(keys) : new ReadableStream();
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reader.close();
    await this.instances.leave();
    this.kv.close();
  }
}

function proxied(kv: Deno.Kv, own: object): Deno.Kv {
  const get = (_: Deno.Kv, name: string | symbol) => {
    if (name in own) return Reflect.get(own, name);
    const value = Reflect.get(kv, name);
    return typeof value === "function" ? value.bind(kv) : value;
  };
  return new Proxy(kv, { get });
}

function aSignal(): Signal {
  return { type: "typing", chatId: newId(), userId: newId(), typing: true };
}

/** An interval without a heartbeat during a test. */
const NEVER_MS = 600_000;

/** Watches of Deno KV end a moment after they were canceled. */
const options = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "OutboxReader reads by the head of a heartbeat what a lost wake-up announced",
  options,
  async () => {
    await using world = await ReaderWorld.open({ isWatching: false });
    await world.beat();
    await world.reader.start();
    const signal = await world.say(1);
    await world.beat(1);
    await eventually("it is read", () => world.received.signals.length > 0);
    assert.deepEqual(world.received.signals, [signal]);
    assert.equal(world.received.gaps, 0);
  },
);

Deno.test(
  "OutboxReader reports a gap for batches that have expired, and reads on after them",
  options,
  async () => {
    await using world = await ReaderWorld.open();
    await world.beat();
    await world.reader.start();
    const letGo = world.hold();
    await world.kv.set(headKey(world.speaker), 3);
    await eventually("batches are read that are not there", () => world.reads > 0);
    const signal = await world.say(4);
    // The head moves on during the read: what is past the known one was not looked for.
    await world.beat(4);
    await eventually("the head is known", () => world.instances.peers()[0]?.head === 4);
    letGo();
    await eventually("the next is read", () => world.received.signals.length > 0);
    assert.deepEqual(world.received.signals, [signal]);
    assert.equal(world.received.gaps, 1);
  },
);

Deno.test(
  "OutboxReader delivers batches once that were being read while their instance was gone and came back",
  options,
  async () => {
    await using world = await ReaderWorld.open();
    await world.beat();
    await world.reader.start();
    const letGo = world.hold();
    const signals = [await world.say(1)];
    await eventually("it is being read", () => world.reads > 0);
    await kvInstanceTable(world.kv).remove(world.speaker);
    await eventually("it is gone", () => world.received.gone.length > 0);
    await world.beat(1);
    await eventually("it is back", () => world.instances.knows(world.speaker));
    letGo();
    signals.push(await world.say(2));
    await eventually("the last is read", () => world.received.signals.length >= 2);
    assert.deepEqual(world.received.signals, signals);
  },
);

Deno.test(
  "OutboxReader reads many batches in order, however few a read returns",
  options,
  async () => {
    await using world = await ReaderWorld.open({ beatMs: NEVER_MS });
    await world.beat();
    await world.reader.start();
    const letGo = world.hold();
    const signals: Signal[] = [];
    for (let n = 1; n <= 35; n++) signals.push(await world.say(n));
    letGo();
    await eventually("all are read", () => world.received.signals.length >= 35);
    assert.deepEqual(world.received.signals, signals);
    assert.ok(world.reads <= 12, `${world.reads} reads of ten batches each`);
  },
);

Deno.test(
  "OutboxReader reads after one wake-up everything from more instances than a read has keys",
  options,
  async () => {
    await using world = await ReaderWorld.open({ beatMs: NEVER_MS, isWatching: false });
    const speakers = Array.from({ length: 25 }, () => newId());
    const table = kvInstanceTable(world.kv);
    for (const id of speakers) await table.write({ id, state: "alive", at: Date.now(), head: 0 });
    await world.reader.start();
    const signals: Signal[] = [];
    for (const id of speakers) {
      for (let n = 1; n <= 3; n++) {
        const signal = aSignal();
        signals.push(signal);
        await world.kv.set(outboxKey(id, n), encodeSignal(signal));
      }
      await table.write({ id, state: "alive", at: Date.now(), head: 3 });
    }
    await world.instances.refresh();
    await eventually("all are read", () => world.received.signals.length >= 75);
    const names = (all: Signal[]) => all.map((each) => JSON.stringify(each)).sort();
    assert.deepEqual(names(world.received.signals), names(signals));
    assert.equal(world.received.gaps, 0);
  },
);

Deno.test(
  "OutboxReader remembers a thousand instances that are gone, and drops the oldest",
  options,
  async () => {
    await using world = await ReaderWorld.open({ beatMs: NEVER_MS, isWatching: false });
    const table = kvInstanceTable(world.kv);
    const gone = Array.from({ length: 1_001 }, () => newId()).sort();
    const signal = aSignal();
    for (const id of gone) {
      await table.write({ id, state: "alive", at: Date.now(), head: 1 });
      await world.kv.set(outboxKey(id, 1), encodeSignal(signal));
    }
    await world.reader.start();
    for (const id of gone) await table.remove(id);
    await world.instances.refresh();
    assert.equal(world.received.gone.length, 1_001);
    for (const id of gone.slice(0, 2)) {
      await table.write({ id, state: "alive", at: Date.now(), head: 1 });
    }
    await world.instances.refresh();
    await eventually("the first is read again", () => world.received.signals.length > 0);
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve));
    assert.deepEqual(world.received.signals, [signal], "and the second is not");
  },
);

Deno.test("OutboxReader watches again after a watch failed", options, async () => {
  await using world = await ReaderWorld.open({ brokenWatches: 1 });
  await world.beat();
  await world.reader.start();
  await eventually("it watches again", () => world.watched.length > 1);
});

Deno.test(
  "OutboxReader watches instances from when they join until they are gone",
  options,
  async () => {
    await using world = await ReaderWorld.open({ beatMs: NEVER_MS });
    await world.reader.start();
    const isWatched = () => world.watched.at(-1)!.some((key) => key.includes(world.speaker));
    assert.equal(isWatched(), false);
    await world.beat();
    await world.instances.refresh();
    assert.equal(isWatched(), true);
    await kvInstanceTable(world.kv).remove(world.speaker);
    await world.instances.refresh();
    assert.equal(isWatched(), false, "each watched key costs the KV a read");
  },
);

Deno.test(
  "OutboxReader hears by the watch that an instance joined, before any heartbeat",
  options,
  async () => {
    const kv = await Deno.openKv(":memory:");
    const instances = new Instances({
      table: kvInstanceTable(kv),
      log: silentLog,
      beatMs: NEVER_MS,
      deadMs: 1_200_000,
    });
    const received = new ReceivedSignals();
    const listener = new KvBroker({ kv, instances, log: silentLog });
    await listener.start(received);
    await kvInstanceTable(kv).write({ id: newId(), state: "alive", at: Date.now(), head: 0 });
    await eventually("it is known", () => instances.peers().length === 1);
    await listener.close();
    kv.close();
  },
);

Deno.test(
  "OutboxReader reports a gap when the service works again after a fault",
  options,
  async () => {
    await using world = await ReaderWorld.open();
    await world.reader.start();
    world.reader.onRecovered();
    assert.equal(world.received.gaps, 1);
  },
);

Deno.test("KvBroker tells an instance that died from one that left", options, async () => {
  for (const state of ["alive", "left"] as const) {
    const kv = await Deno.openKv(":memory:");
    const rows = kvInstanceTable(kv);
    const [id, at] = [newId(), Date.now()];
    await rows.write({ id, state, at, head: 3 });
    await kv.set(headKey(id), 3);
    let [now, beats] = [0, 0];
    const replace: typeof rows.replace = async (...row) => {
      const version = await rows.replace(...row);
      beats++;
      return version;
    };
    const table = { ...rows, replace };
    const instances = new Instances({ table, log: silentLog, beatMs: 5, now: () => now });
    const received = new ReceivedSignals();
    const broker = new KvBroker({ kv, instances, log: silentLog });
    await broker.start(received);
    while (!received.gone.includes(id)) {
      // In steps with heartbeats between: it is not cut off meanwhile.
      now += 500;
      const before = beats;
      await eventually("a heartbeat begins and ends", () => beats >= before + 2);
      assert.ok(now < 600_000, "it is gone");
    }
    assert.equal(received.deaths, state === "alive" ? 1 : 0, state);
    await eventually("its head is deleted", async () => {
      return (await kv.get(headKey(id))).value === null;
    });
    await broker.close();
    kv.close();
  }
});

Deno.test(
  "OutboxReader delivers in order what was given to it directly and what it reads",
  options,
  async () => {
    await using world = await ReaderWorld.open();
    await world.beat();
    await world.reader.start();
    const letGo = world.hold();
    const signals = [await world.say(1)];
    await eventually("it is being read", () => world.reads > 0);
    for (const n of [2, 3]) signals.push(world.give(n));
    letGo();
    await eventually("they are delivered", () => world.received.signals.length >= 3);
    signals.push(await world.say(4));
    await eventually("the last is read", () => world.received.signals.length >= 4);
    assert.deepEqual(world.received.signals, signals);
    assert.equal(world.received.gaps, 0);
  },
);

Deno.test(
  "OutboxReader keeps what it was given before it noticed the instance",
  options,
  async () => {
    await using world = await ReaderWorld.open();
    await world.reader.start();
    const signals = [world.give(1), world.give(2)];
    await world.beat();
    await eventually("they are delivered", () => world.received.signals.length >= 2);
    assert.deepEqual(world.received.signals, signals);
    assert.equal(world.received.gaps, 0);
  },
);

Deno.test(
  "OutboxReader reports a gap for what was lost on the direct way, and goes on after it",
  options,
  async () => {
    await using world = await ReaderWorld.open();
    await world.beat();
    await world.reader.start();
    world.give(2);
    await eventually("the first is missed", () => world.received.gaps > 0);
    const signal = world.give(3);
    await eventually("the next is delivered", () => world.received.signals.length > 0);
    assert.deepEqual(world.received.signals, [signal]);
    assert.equal(world.received.gaps, 1);
  },
);
