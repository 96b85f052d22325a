import {
  type BrokerBed,
  brokerContract,
  type OtherBroker,
  ReceivedSignals,
} from "../contract/broker.ts";
import type { Broker } from "../../src/cluster/broker.ts";
import { brokerProcess } from "../support/broker_process.ts";
import { DENOKV_ACCESS_TOKEN, sharedDenokv } from "../support/denokv_server.ts";
import { sharedMongodb } from "../support/mongodb_server.ts";
import { kvBrokerOn, mongoBrokerAt } from "../support/open_broker.ts";
import { TempDir } from "../support/temp_dir.ts";

const denokv = sharedDenokv();
const mongodb = sharedMongodb();

/** The first broker here, the second in a separate process. */
function twoProcesses(
  open: () => Promise<Broker>,
  spawn: () => Promise<OtherBroker>,
  dispose: () => void = () => {},
): BrokerBed {
  const opened: Broker[] = [];
  const spawned: OtherBroker[] = [];
  return {
    async here() {
      const [broker, received] = [await open(), new ReceivedSignals()];
      opened.push(broker);
      await broker.start(received);
      return { broker, received };
    },
    async other() {
      const other = await spawn();
      spawned.push(other);
      return other;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(spawned.map((each) => each.die()));
      await Promise.all(opened.map((each) => each.close()));
      dispose();
    },
  };
}

brokerContract("Deno KV server", async () => {
  const kv = await Deno.openKv(denokv.server.url);
  const env = { DENO_KV_ACCESS_TOKEN: DENOKV_ACCESS_TOKEN };
  return twoProcesses(
    () => Promise.resolve(kvBrokerOn(kv)),
    () => brokerProcess("kv", denokv.server.url, env),
    () => kv.close(),
  );
}, { ignore: denokv.missing, sanitizeOps: false, sanitizeResources: false });

brokerContract("MongoDB", () => {
  const uri = mongodb.uri();
  return Promise.resolve(
    twoProcesses(() => mongoBrokerAt(uri), () => brokerProcess("mongo", uri)),
  );
}, { ignore: mongodb.missing });

/** Two brokers in one process, like the workers of `deno serve --parallel`. */
brokerContract("Deno KV file", async () => {
  const folder = await TempDir.make("broker");
  const connections: Deno.Kv[] = [];
  const openOne = async () => {
    const kv = await Deno.openKv(folder.join("kv.sqlite3"));
    connections.push(kv);
    return kvBrokerOn(kv);
  };
  const bed = twoProcesses(openOne, async () => {
    const [broker, received] = [await openOne(), new ReceivedSignals()];
    const kv = connections.at(-1)!;
    await broker.start(received);
    return {
      publish: (signals) => {
        for (const signal of signals) broker.publish(signal);
        return Promise.resolve();
      },
      received: () => Promise.resolve(received),
      close: () => broker.close(),
      // Its KV fails from now on, and its heartbeats stop.
      die: () => Promise.resolve(closeOnce(kv)),
    };
  });
  return {
    ...bed,
    async [Symbol.asyncDispose]() {
      await bed[Symbol.asyncDispose]();
      connections.forEach(closeOnce);
      await folder[Symbol.asyncDispose]();
    },
  };
}, { sanitizeOps: false, sanitizeResources: false });

function closeOnce(kv: Deno.Kv): void {
  try {
    kv.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
