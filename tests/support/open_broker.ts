import { silentLog } from "../../src/core/log.ts";
import type { Broker } from "../../src/cluster/broker.ts";
import type { OnBrokerCall } from "../../src/cluster/broker_metrics.ts";
import { KvBroker } from "../../src/cluster/kv/broker.ts";
import { MongoBroker } from "../../src/cluster/mongo/broker.ts";
import { Instances, type InstanceTable } from "../../src/cluster/shared/instances.ts";
import { kvInstanceTable } from "../../src/cluster/kv/instances.ts";
import { mongoInstanceTable } from "../../src/cluster/mongo/instances.ts";
import { connectMongo } from "../../src/cluster/mongo/connection.ts";

/**
 * Short timeouts after which a peer counts as dead, so that tests need not wait long, but long
 * enough for a busy machine.
 */
function quickInstances(table: InstanceTable): Instances {
  return new Instances({ table, log: silentLog, beatMs: 300, deadMs: 4_000, leftGraceMs: 2_000 });
}

export function kvBrokerOn(kv: Deno.Kv, onCall?: OnBrokerCall): Broker {
  const instances = quickInstances(kvInstanceTable(kv));
  return new KvBroker({ kv, instances, log: silentLog, onCall });
}

/** Closing the broker closes its connection too. */
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
