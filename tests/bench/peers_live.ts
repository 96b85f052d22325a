import { ServerProcess } from "../support/server_process.ts";
import { bareTransport } from "./bench_transports.ts";
import { cpuSeconds, pin } from "./cpu.ts";
import { eventBytes } from "./event_bytes.ts";
import { percentile, runLoad } from "./fanout_load.ts";
import type { Row } from "./figures.ts";
import type { Side } from "./peer_sides.ts";
import type { PeersOptions } from "./peers.ts";

type LiveSide = Omit<Side, "clients" | typeof Symbol.asyncDispose> & { bytes: number };

interface Measured {
  p50: number;
  p99: number;
  /** Microseconds of processor time a delivery. */
  serverUs: number;
  databaseUs: number;
}

/** Until V8 has compiled the code of a send. */
const WARM_UP = { receivers: 10, rate: 500 };

/** Messages at a steady rate to many receivers, on all servers and a bare broadcast in turn. */
export async function measureLive(
  sides: Side[],
  { rounds, live, real }: PeersOptions,
): Promise<Row[]> {
  await using server = await ServerProcess.start({ script: "tests/bench/peers/bare_broadcast.ts" });
  if (real) await pin(server.pid, 0);
  const sized: LiveSide[] = [];
  for (const { clients: _, ...side } of sides) {
    sized.push({ ...side, bytes: await eventBytes(side.url, side.transport) });
  }
  const [{ bytes }] = sized;
  const { pid, url } = server;
  const transport = bareTransport(bytes);
  const all = [{ what: "bare broadcast", pid, url, databasePid: null, transport, bytes }, ...sized];
  const results = new Map<LiveSide, Measured[]>(all.map((side) => [side, []]));
  for (const side of all) await measure(side, { ...WARM_UP, seconds: live.seconds / 2 });
  for (let round = 0; round < rounds; round++) {
    for (const side of all) results.get(side)!.push(await measure(side, live));
  }
  const middles = all.map((side) => middle(results.get(side)!));
  return middles.map((each, at) => rowOf(all[at], each, middles[0]));
}

async function measure(side: LiveSide, live: PeersOptions["live"]): Promise<Measured> {
  const database: number[] = [];
  const cpu = async () => {
    database.push(side.databasePid === null ? 0 : await cpuSeconds(side.databasePid));
    return await cpuSeconds(side.pid);
  };
  const port = Number(new URL(side.url).port);
  const result = await runLoad({ port, transport: side.transport, cpu, ...live });
  return {
    p50: percentile(result.latencies, 0.5),
    p99: percentile(result.latencies, 0.99),
    serverUs: result.cpu / result.deliveries * 1e6,
    databaseUs: (database[1] - database[0]) / result.deliveries * 1e6,
  };
}

function middle(results: Measured[]): Measured {
  return results.toSorted((a, b) => a.serverUs - b.serverUs)[Math.floor(results.length / 2)];
}

function rowOf({ what, bytes }: LiveSide, each: Measured, bare: Measured): Row {
  return {
    "Server": what,
    "Bytes an event": bytes,
    "p50 ms": round(each.p50),
    "p99 ms": round(each.p99),
    "CPU µs": round(each.serverUs),
    "DB µs": round(each.databaseUs),
    "÷ bare": round(each.serverUs / bare.serverUs),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
