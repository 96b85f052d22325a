import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { silentLog } from "../../src/core/log.ts";
import type { Signal } from "../../src/cluster/broker.ts";
import { deliverBatch, SharedBroker } from "../../src/cluster/shared/broker.ts";
import {
  type InstanceRow,
  Instances,
  type InstanceTable,
} from "../../src/cluster/shared/instances.ts";
import { decodeSignals, encodeSignal, GAP } from "../../src/cluster/shared/signal_codec.ts";
import { ReceivedSignals } from "../contract/broker.ts";

/** Instances become visible when the table is read, and not before. */
class World {
  readonly rows = new Map<string, InstanceRow>();
  readonly #table: InstanceTable = {
    list: () => Promise.resolve([...this.rows.values()].map((row) => ({ ...row, version: "1" }))),
    write: (row) => Promise.resolve(this.rows.set(row.id, row)).then(() => "1"),
    replace: (row) => Promise.resolve(this.rows.set(row.id, row)).then(() => "1"),
    remove: (id) => Promise.resolve(this.rows.delete(id)).then(() => {}),
  };
  readonly instances = new Instances({ table: this.#table, log: silentLog });

  async join(): Promise<string> {
    const id = newId();
    this.rows.set(id, { id, state: "alive", at: Date.now(), head: 0 });
    await this.instances.refresh();
    return id;
  }
}

class WrittenBatches extends SharedBroker {
  readonly batches: Uint8Array[] = [];
  /** The number under which each write was tried. */
  readonly numbers: number[] = [];
  /** Number of writes that still fail. */
  failures = 0;
  /** Promise that a write waits for. */
  gate: Promise<void> = Promise.resolve();

  constructor({ instances }: World) {
    const batches = { gatherMs: 0, smallBytes: 800, largeBytes: 60_000 };
    super({ service: "a test", instances, log: silentLog, batches });
  }

  override start(): Promise<void> {
    return this.instances.start();
  }

  async written(): Promise<ReturnType<typeof decodeSignals>[]> {
    await this.flush();
    return this.batches.splice(0).map((batch) => decodeSignals(batch));
  }

  protected override write(n: number, batch: Uint8Array): Promise<void> {
    this.numbers.push(n);
    if (this.failures-- > 0) return Promise.reject(new Error("out of order"));
    this.batches.push(batch);
    return this.gate;
  }

  protected override onRecovered(): void {}

  protected override stop(): void {}
}

function pointer(): Signal {
  return { type: "chat", chatId: newId(), rev: 1 };
}

Deno.test("SharedBroker writes no signals while alone, and sends the newest to an instance that joins", async () => {
  const world = new World();
  const broker = new WrittenBatches(world);
  await broker.start();
  const signals = [pointer(), pointer(), pointer()];
  broker.publish(signals[0]);
  broker.publish(signals[1]);
  assert.deepEqual(await broker.written(), []);
  await world.join();
  broker.publish(signals[2]);
  const written = await broker.written();
  assert.deepEqual(written.flatMap((each) => each.signals), signals);
  assert.ok(!written.some(({ gap }) => gap));
  await broker.close();
});

Deno.test("SharedBroker sends a gap to an instance that joins after the buffer has overflowed", async () => {
  const world = new World();
  const broker = new WrittenBatches(world);
  await broker.start();
  for (let i = 0; i < 25_000; i++) broker.publish(pointer());
  await world.join();
  assert.ok((await broker.written()).some(({ gap }) => gap));
  await broker.close();
});

Deno.test("SharedBroker is alone again once the last of the other instances is gone", async () => {
  const world = new World();
  const broker = new WrittenBatches(world);
  await broker.start();
  world.rows.delete(await world.join());
  await world.instances.refresh();
  broker.publish(pointer());
  assert.deepEqual(await broker.written(), []);
  await broker.close();
});

Deno.test("SharedBroker writes a batch until it succeeds, under one number, which its heartbeat then has", async () => {
  const world = new World();
  const broker = new WrittenBatches(world);
  await broker.start();
  await world.join();
  broker.failures = 1;
  const signals = [pointer(), pointer()];
  broker.publish(signals[0]);
  assert.deepEqual((await broker.written()).flatMap((each) => each.signals), [signals[0]]);
  broker.publish(signals[1]);
  await broker.written();
  assert.deepEqual(broker.numbers, [1, 1, 2]);
  assert.equal(world.instances.head, 2);
  await broker.close();
});

Deno.test("SharedBroker closes although its service fails, and then takes no further signal", async () => {
  const world = new World();
  const broker = new WrittenBatches(world);
  await broker.start();
  await world.join();
  broker.failures = Infinity;
  broker.publish(pointer());
  await broker.close();
  const tried = broker.numbers.length;
  broker.failures = 0;
  broker.publish(pointer());
  await broker.flush();
  assert.deepEqual(broker.batches, []);
  assert.ok(broker.numbers.length <= tried + 1, "a retry at the most");
});

Deno.test("SharedBroker writes what waits before it leaves, and leaves with the number of its last batch", async () => {
  const world = new World();
  const broker = new WrittenBatches(world);
  await broker.start();
  await world.join();
  const { promise, resolve } = Promise.withResolvers<void>();
  broker.gate = promise;
  broker.publish(pointer());
  const closing = broker.close();
  for (let turn = 0; turn < 3; turn++) await new Promise((done) => setTimeout(done));
  const row = () => world.rows.get(world.instances.id)!;
  assert.equal(row().state, "alive");
  resolve();
  await closing;
  assert.deepEqual([row().state, row().head], ["left", 1]);
});

Deno.test("deliverBatch reports a gap before the signals after it, and for a batch that cannot be decoded", () => {
  const received = new ReceivedSignals();
  const [a, b] = [pointer(), pointer()];
  deliverBatch(encodeSignal(a), "x", received, silentLog);
  assert.equal(received.gaps, 0);
  deliverBatch(Uint8Array.from([...GAP, ...encodeSignal(b)]), "x", received, silentLog);
  assert.deepEqual([received.signals, received.from, received.gaps], [[a, b], ["x", "x"], 1]);
  deliverBatch(Uint8Array.of(250, 1, 2), "x", received, silentLog);
  assert.deepEqual([received.signals.length, received.gaps], [2, 2]);
});
