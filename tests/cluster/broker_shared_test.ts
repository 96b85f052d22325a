import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { silentLog } from "../../src/core/log.ts";
import type { Signal } from "../../src/cluster/broker.ts";
import { SharedBroker } from "../../src/cluster/shared/broker.ts";
import {
  type InstanceRow,
  Instances,
  type InstanceTable,
} from "../../src/cluster/shared/instances.ts";
import { decodeSignals } from "../../src/cluster/shared/signal_codec.ts";

/** Others are there as soon as they are looked for, and not before. */
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

  constructor({ instances }: World) {
    const batches = { gatherMs: 0, smallBytes: 800, largeBytes: 60_000 };
    super({ service: "a test", instances, log: silentLog, batches });
  }

  override start(): Promise<void> {
    return this.instances.start();
  }

  async told(): Promise<ReturnType<typeof decodeSignals>[]> {
    await this.flush();
    return this.batches.splice(0).map((batch) => decodeSignals(batch));
  }

  protected override write(_n: number, batch: Uint8Array): Promise<void> {
    this.batches.push(batch);
    return Promise.resolve();
  }

  protected override onRecovered(): void {}

  protected override stop(): void {}
}

function pointer(): Signal {
  return { type: "chat", chatId: newId(), rev: 1 };
}

Deno.test("an instance that is alone writes no signals; who joins is told the newest", async () => {
  const world = new World();
  const broker = new WrittenBatches(world);
  await broker.start();
  const signals = [pointer(), pointer(), pointer()];
  broker.publish(signals[0]);
  broker.publish(signals[1]);
  assert.deepEqual(await broker.told(), []);
  await world.join();
  broker.publish(signals[2]);
  const told = await broker.told();
  assert.deepEqual(told.flatMap((each) => each.signals), signals);
  assert.ok(!told.some(({ gap }) => gap));
  await broker.close();
});

Deno.test("who joins an instance that has said more than it holds is told of a gap", async () => {
  const world = new World();
  const broker = new WrittenBatches(world);
  await broker.start();
  for (let i = 0; i < 25_000; i++) broker.publish(pointer());
  await world.join();
  assert.ok((await broker.told()).some(({ gap }) => gap));
  await broker.close();
});

Deno.test("once the last of the others has gone, an instance is alone again", async () => {
  const world = new World();
  const broker = new WrittenBatches(world);
  await broker.start();
  world.rows.delete(await world.join());
  await world.instances.refresh();
  broker.publish(pointer());
  assert.deepEqual(await broker.told(), []);
  await broker.close();
});
