import { findService } from "../support/services.ts";
import { MongodbServer } from "../support/mongodb_server.ts";
import { ServerProcess } from "../support/server_process.ts";
import { bareTransport, chatTransport } from "./bench_transports.ts";
import { leave, pin } from "./cpu.ts";
import { eventBytes } from "./event_bytes.ts";
import { WIDE } from "./fanout.ts";
import type { Transport } from "./fanout_load.ts";
import { keepFigures, type Row } from "./figures.ts";
import { highestRate, type Step, type StepOptions } from "./full_steps.ts";
import { centrifugeTransport } from "./peer_transports.ts";
import { startCentrifuge } from "./peers/centrifuge_peer.ts";

export interface FullOptions extends StepOptions {
  receivers: number[];
  /** Pins the processes, and keeps the figures; not in a test. */
  real: boolean;
}

/** With RECEIVERS=100, only with so many; the figures of each number are kept by themselves. */
const OPTIONS: FullOptions = {
  receivers: (Deno.env.get("RECEIVERS") ?? "100,500,1000").split(",").map(Number),
  firstDeliveries: 300_000,
  coarseSeconds: 1.5,
  coarseSteps: 9,
  fineSeconds: 3,
  fineSteps: 2,
  real: true,
};

const CENTRIFUGE = "centrifuge";

interface Side extends AsyncDisposable {
  what: string;
  server: { pid: number; url: string };
  transport: Transport;
  databasePid?: number;
}

/**
 * The highest rate at which messages to one chat arrive within 100 ms (99 of 100), of this server
 * on both stores, of `centrifuge` in Go and of a bare broadcast, which keep nothing. All move the
 * same bytes a message, on one core; the load runs on the other.
 */
export async function full(options: FullOptions = OPTIONS): Promise<void> {
  await (options.real ? pin : leave)(Deno.pid, 1);
  for (const receivers of options.receivers) {
    const rows = await beside(receivers, options);
    console.table(rows);
    if (options.real) await keepFigures(`full_${receivers}`, rows);
  }
}

async function beside(receivers: number, options: FullOptions): Promise<Row[]> {
  const steps = new Map<string, Step>();
  const place = options.real ? pin : leave;
  let bytes = 0;
  for (const start of [startSqlite, startMongodb, startCentrifugeSide, startBare]) {
    await using side = await start(bytes);
    if (!side) continue;
    await place(side.server.pid, 0);
    if (side.databasePid) await place(side.databasePid, 1);
    bytes ||= await eventBytes(side.server.url, side.transport);
    const step = await highestRate(side.server, side.transport, receivers, options);
    console.log(`${receivers} receivers, ${side.what}: ${JSON.stringify(step)}`);
    steps.set(side.what, step);
  }
  return [...steps].map(([what, step]) => rowOf(receivers, what, step, steps.get(CENTRIFUGE)));
}

async function startSqlite(): Promise<Side> {
  const server = await ServerProcess.start({ env: WIDE });
  return await ours("on SQLite", server, server);
}

async function startMongodb(): Promise<Side | null> {
  if (!findService("mongodb")) return null;
  const disposals = new AsyncDisposableStack();
  const mongodb = disposals.use(await MongodbServer.start({ durable: true, cacheSize: "2G" }));
  const env = { ...WIDE, ...SECRETS, MONGODB_URI: mongodb.uri(), BROKER: "mongo" };
  const server = disposals.use(await ServerProcess.start({ env }));
  return {
    ...await ours("on MongoDB", server, disposals),
    databasePid: mongodb.pid,
  };
}

const SECRETS = {
  JWT_SECRET: "an access secret of the benchmark, long enough",
  JWT_REFRESH_SECRET: "a refresh secret of the benchmark, long enough",
  ENCRYPTION_KEY: "0123456789abcdef".repeat(4),
};

async function ours(what: string, server: ServerProcess, parts: AsyncDisposable): Promise<Side> {
  const transport = await chatTransport(server.url, { compact: true });
  return { what, server, transport, [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose]() };
}

async function startCentrifugeSide(bytes: number): Promise<Side | null> {
  const server = await startCentrifuge();
  if (!server) return null;
  const dispose = () => server[Symbol.asyncDispose]();
  const transport = centrifugeTransport(bytes);
  return { what: CENTRIFUGE, server, transport, [Symbol.asyncDispose]: dispose };
}

/** It gathers what arrives in one turn of the event loop into one frame, as this server does. */
async function startBare(bytes: number): Promise<Side> {
  const script = "tests/bench/peers/bare_broadcast.ts";
  const server = await ServerProcess.start({ script, env: { GATHER: "1" } });
  const dispose = () => server[Symbol.asyncDispose]();
  const transport = bareTransport(bytes);
  return { what: "bare broadcast", server, transport, [Symbol.asyncDispose]: dispose };
}

function rowOf(receivers: number, what: string, step: Step, peer?: Step): Row {
  const ratio = peer ? (step.deliveries / peer.deliveries).toFixed(2) : "";
  return {
    "Receivers": receivers,
    "Server": what,
    "Messages/s": Math.round(step.deliveries / receivers),
    "Deliveries/s": step.deliveries,
    "÷ peer": ratio,
    "p50 ms": Math.round(step.p50),
    "p99 ms": Math.round(step.p99),
    "Core %": step.serverCore,
    "Load %": step.loadCore,
    "Limit": step.limit,
  };
}
