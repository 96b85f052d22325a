import { silentLog } from "../../src/core/log.ts";
import type { Broker } from "../../src/realtime/broker.ts";
import type { OnBrokerCall } from "../../src/realtime/broker_figures.ts";
import { KvBroker } from "../../src/realtime/broker_kv.ts";
import { MongoBroker } from "../../src/realtime/broker_mongo.ts";
import { Instances, type InstanceTable } from "../../src/realtime/instances.ts";
import { kvInstanceTable } from "../../src/realtime/instances_kv.ts";
import { mongoInstanceTable } from "../../src/realtime/instances_mongo.ts";
import { connectMongo } from "../../src/realtime/mongo_connection.ts";

/** Quick to be thought dead, so that tests need not wait long, but not while a machine is busy. */
function quickInstances(table: InstanceTable): Instances {
  return new Instances({ table, log: silentLog, beatMs: 300, deadMs: 4_000, leftGraceMs: 2_000 });
}

export function kvBrokerOn(kv: Deno.Kv, onCall?: OnBrokerCall): Broker {
  const instances = quickInstances(kvInstanceTable(kv));
  return new KvBroker({ kv, instances, log: silentLog, onCall });
}

/** Closing it closes its connection too. */
export async function mongoBrokerAt(uri: string): Promise<Broker> {
  const connection = await connectMongo(uri);
  const { db } = connection;
  const instances = quickInstances(mongoInstanceTable(db));
  const broker = new MongoBroker({ db, instances, log: silentLog });
  let closing: Promise<void> | undefined;
  return {
    start: (events) => broker.start(events),
    publish: (signal) => broker.publish(signal),
    flush: () => broker.flush(),
    get operations() {
      return broker.operations;
    },
    fault: () => broker.fault(),
    close: () => closing ??= broker.close().then(() => connection.close()),
  };
}
