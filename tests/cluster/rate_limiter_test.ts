import { silentLog } from "../../src/core/log.ts";
import { kvRateTable } from "../../src/cluster/kv/rate_limiter.ts";
import { MemoryRateLimiter } from "../../src/cluster/local/rate_limiter.ts";
import { mongoRateTable } from "../../src/cluster/mongo/rate_limiter.ts";
import { type RateTable, SharedRateLimiter } from "../../src/cluster/shared/rate_limiter.ts";
import { connectMongo } from "../../src/cluster/mongo/connection.ts";
import {
  HandClock,
  type LimiterBed,
  rateLimiterContract,
  sharedRateLimiterContract,
} from "../contract/rate_limiter.ts";
import { sharedDenokv } from "../support/denokv_server.ts";
import { sharedMongodb } from "../support/mongodb_server.ts";

const denokv = sharedDenokv();
const mongodb = sharedMongodb();

/** Two instances, each with a separate connection. */
async function pair(
  connect: () => Promise<{ table: RateTable; close(): unknown }>,
): Promise<LimiterBed> {
  const clock = new HandClock();
  const connections = [await connect(), await connect()];
  const [a, b] = connections.map(({ table }) => {
    // Longer than a busy machine delays a table: the timeout is tested without one.
    return new SharedRateLimiter({ table, log: silentLog, clock, timeoutMs: 10_000 });
  });
  return {
    limiters: [a, b],
    clock,
    async [Symbol.asyncDispose]() {
      await Promise.all([a.close(), b.close()]);
      for (const connection of connections) await connection.close();
    },
  };
}

rateLimiterContract("Memory", () => {
  const clock = new HandClock();
  const limiters: LimiterBed["limiters"] = [new MemoryRateLimiter(clock)];
  return Promise.resolve({ limiters, clock, [Symbol.asyncDispose]: () => Promise.resolve() });
});

async function onKv(kv: Promise<Deno.Kv>) {
  const opened = await kv;
  return { table: kvRateTable(opened), close: () => opened.close() };
}

const file = async () => {
  const kv = await Deno.openKv(":memory:");
  let open = 2;
  return pair(() => Promise.resolve({ table: kvRateTable(kv), close: () => --open || kv.close() }));
};
const server = () => pair(() => onKv(Deno.openKv(denokv.server.url)));
const mongo = () => {
  const uri = mongodb.uri();
  return pair(async () => {
    const { db, close } = await connectMongo(uri);
    return { table: await mongoRateTable(db), close };
  });
};

for (const contract of [rateLimiterContract, sharedRateLimiterContract]) {
  contract("Deno KV file", file);
  contract("Deno KV server", server, { ignore: denokv.missing });
  contract("MongoDB", mongo, { ignore: mongodb.missing });
}
