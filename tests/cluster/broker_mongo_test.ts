import assert from "node:assert/strict";
import type { Collection, Db, Document } from "mongodb";
import { newId } from "../../src/core/ids.ts";
import { silentLog } from "../../src/core/log.ts";
import type { Broker, Signal } from "../../src/cluster/broker.ts";
import { MongoBroker } from "../../src/cluster/mongo/broker.ts";
import { connectMongo } from "../../src/cluster/mongo/connection.ts";
import {
  type InstanceRow,
  Instances,
  type InstanceTable,
} from "../../src/cluster/shared/instances.ts";
import { encodeSignal } from "../../src/cluster/shared/signal_codec.ts";
import { ReceivedSignals } from "../contract/broker.ts";
import { CuttableProxy } from "../support/cuttable_proxy.ts";
import { eventually } from "../support/eventually.ts";
import { MongodbServer } from "../support/mongodb_server.ts";
import { mongoBrokerAt } from "../support/open_broker.ts";
import { skipWithout } from "../support/skip.ts";

const ignore = skipWithout("mongodb");
/** The driver's own timers run on for a while after a connection has broken. */
const options = { ignore, sanitizeOps: false, sanitizeResources: false };

function signal(): Signal {
  return { type: "typing", chatId: newId(), userId: newId(), typing: true };
}

function has({ signals }: ReceivedSignals, { chatId }: Signal & { chatId?: string }): boolean {
  return signals.some((each) => "chatId" in each && each.chatId === chatId);
}

async function started(uri: string): Promise<{ broker: Broker; received: ReceivedSignals }> {
  const [broker, received] = [await mongoBrokerAt(uri), new ReceivedSignals()];
  await broker.start(received);
  return { broker, received };
}

Deno.test({
  ...options,
  name: "MongoBroker resumes a change stream after its connection breaks, and loses nothing",
  fn: async () => {
    await using server = await MongodbServer.start();
    let tries = 1;
    // A cut that meets a heartbeat, or a stream that is behind on a busy machine, is a gap.
    while (!await resumesWithoutGap(server)) assert.ok(tries++ < 5, "each time with a gap");
  },
});

/** Cuts the connection of one of two brokers three times; returns false if it reported a gap. */
async function resumesWithoutGap(server: MongodbServer): Promise<boolean> {
  await using proxy = new CuttableProxy(() => server.port);
  const uri = server.uri();
  const listener = await started(uri.replace(`:${server.port}`, `:${proxy.port}`));
  const speaker = await started(uri);
  const sent: Signal[] = [];
  const say = async () => {
    const next = signal();
    sent.push(next);
    speaker.broker.publish(next);
    await speaker.broker.flush();
  };
  await say();
  const hasGap = () => listener.received.gaps > 0;
  await eventually("it is received", () => has(listener.received, sent[0]));
  for (let i = 0; i < 3; i++) {
    proxy.cut();
    for (let j = 0; j < 20; j++) await say();
    const last = sent.at(-1)!;
    await eventually("the last is received", () => has(listener.received, last) || hasGap());
  }
  if (!hasGap()) assert.deepEqual(listener.received.signals, sent);
  const theirs = signal();
  listener.broker.publish(theirs);
  await eventually("and the other way", () => has(speaker.received, theirs));
  await Promise.all([listener.broker.close(), speaker.broker.close()]);
  return !hasGap();
}

Deno.test({
  ...options,
  name: "MongoBroker recovers after MongoDB was killed, and reports a gap",
  fn: async () => {
    await using server = await MongodbServer.start();
    const uri = server.uri();
    const [a, b] = [await started(uri), await started(uri)];
    const before = signal();
    a.broker.publish(before);
    await eventually("it is received", () => has(b.received, before));
    await server.kill();
    const during = signal();
    a.broker.publish(during);
    await server.restart();
    await eventually("it was received, or a gap was reported", () => {
      return has(b.received, during) || b.received.gaps > 0;
    });
    for (const [from, to] of [[a, b], [b, a]]) {
      await eventually("signals flow", async () => {
        const after = signal();
        from.broker.publish(after);
        await from.broker.flush();
        return await eventually("it arrived", () => has(to.received, after), { within: 2_000 })
          .then(
            () => true,
          );
      }, { within: 40_000 });
      assert.equal(from.broker.fault(), null);
    }
    await Promise.all([a.broker.close(), b.broker.close()]);
  },
});

/** Instances over a table in memory, whose rows the test writes. */
function instancesIn(rows: Map<string, InstanceRow>): Instances {
  const write = (row: InstanceRow) => {
    rows.set(row.id, row);
    return Promise.resolve("1");
  };
  const table: InstanceTable = {
    list: () =>
      Promise.resolve([...rows.values()].map((row) => ({ ...row, version: `${row.head}` }))),
    write,
    replace: write,
    remove: (id) => Promise.resolve(void rows.delete(id)),
  };
  return new Instances({ table, log: silentLog, beatMs: 600_000 });
}

Deno.test({
  ...options,
  name: "MongoBroker remembers a thousand instances that are gone, and drops the oldest",
  fn: async () => {
    await using server = await MongodbServer.start();
    const connection = await connectMongo(server.uri());
    const rows = new Map<string, InstanceRow>();
    const instances = instancesIn(rows);
    const broker = new MongoBroker({ db: connection.db, instances, log: silentLog });
    const received = new ReceivedSignals();
    await broker.start(received);
    const gone = Array.from({ length: 1_001 }, () => newId());
    for (const id of gone) rows.set(id, { id, state: "alive", at: Date.now(), head: 0 });
    await instances.refresh();
    const batches = connection.db.collection("signals");
    const say = (instance: string) => {
      return { instance, n: 1, batch: encodeSignal(signal()), at: new Date() };
    };
    await batches.insertMany(gone.map(say));
    await eventually("all are received", () => received.signals.length >= gone.length);
    const own = rows.get(instances.id)!;
    rows.clear();
    rows.set(own.id, own);
    await instances.refresh();
    assert.equal(received.gone.length, gone.length);
    const [first, second] = gone.map(say);
    await batches.insertMany([second, first]);
    await eventually("one is received", () => received.signals.length > gone.length);
    assert.equal(received.signals.length, gone.length + 1, "the second was received before");
    await broker.close();
    await connection.close();
  },
});

Deno.test({
  ...options,
  name: "MongoBroker reports a number that is missing, and one that does not come, as a gap each",
  fn: async () => {
    await using server = await MongodbServer.start();
    const { db, close } = await connectMongo(server.uri());
    const rows = new Map<string, InstanceRow>();
    const instances = instancesIn(rows);
    const broker = new MongoBroker({ db, instances, log: silentLog });
    const received = new ReceivedSignals();
    await broker.start(received);
    const id = newId();
    const say = async (n: number) => {
      const { length } = received.signals;
      const batch = encodeSignal(signal());
      await db.collection("signals").insertOne({ instance: id, n, batch, at: new Date() });
      await eventually(`${n} is received`, () => received.signals.length > length);
    };
    await say(1);
    await say(2);
    assert.equal(received.gaps, 0);
    await say(4);
    assert.equal(received.gaps, 1, "3 is missing");
    const announce = async (head: number) => {
      rows.set(id, { id, state: "alive", at: Date.now(), head });
      await instances.refresh();
    };
    await announce(4);
    await announce(4);
    assert.equal(received.gaps, 1, "all that was announced is here");
    await announce(6);
    assert.equal(received.gaps, 1, "it may be on its way");
    await announce(6);
    assert.equal(received.gaps, 2);
    await announce(6);
    assert.equal(received.gaps, 2, "once");
    await broker.close();
    await close();
  },
});

Deno.test({
  ...options,
  name: "MongoBroker has started once its change stream delivers, and not before",
  fn: async () => {
    await using server = await MongodbServer.start();
    const { db, close } = await connectMongo(server.uri());
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const signals = db.collection("signals");
    const broker = new MongoBroker({
      db: withCollection(db, withWatchAfter(opened, signals)),
      instances: instancesIn(new Map()),
      log: silentLog,
    });
    let isStarted = false;
    const starting = broker.start(new ReceivedSignals()).then(() => isStarted = true);
    await eventually("it asks whether it is open", async () => {
      return await signals.countDocuments() >= 4;
    });
    assert.equal(isStarted, false, "what others publish now would be lost");
    open();
    await starting;
    await broker.close();
    await close();
  },
});

/** The collection with a change stream that is opened late. */
function withWatchAfter(opened: Promise<void>, collection: Collection): Collection {
  let stream: ReturnType<Collection["watch"]> | undefined;
  async function* changes(pipeline: Document[]) {
    await opened;
    stream = collection.watch(pipeline);
    yield* stream;
  }
  return new Proxy(collection, {
    get(_, name) {
      if (name === "watch") {
        const close = () => stream?.close() ?? Promise.resolve();
        return (pipeline: Document[]) => Object.assign(changes(pipeline), { close });
      }
      const value = Reflect.get(collection, name);
      return typeof value === "function" ? value.bind(collection) : value;
    },
  });
}

function withCollection(db: Db, collection: Collection): Db {
  return new Proxy(db, {
    get: (_, name) => name === "collection" ? () => collection : Reflect.get(db, name),
  });
}
