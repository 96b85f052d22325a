import { cpuSeconds } from "./cpu.ts";
import type { Row } from "./figures.ts";
import { percentile } from "./fanout_load.ts";
import { AT_ONCE, type Side } from "./peer_sides.ts";
import type { PeersOptions } from "./peers.ts";
import { sendInTurn } from "./rest_load.ts";

interface Way {
  name: string;
  clients: (side: Side) => Side["clients"]["oneChat"];
}

const WAYS: Way[] = [
  { name: "one client in turn", clients: ({ clients }) => clients.oneChat.slice(0, 1) },
  { name: `${AT_ONCE} at once, one chat`, clients: ({ clients }) => clients.oneChat },
  { name: `${AT_ONCE} at once, own chats`, clients: ({ clients }) => clients.ownChats },
];

interface Measured {
  perSecond: number;
  p50: number;
  p99: number;
  /** Microseconds of processor time a send. */
  serverUs: number;
  databaseUs: number;
  /** Share of its core that the load generator used. */
  load: number;
}

/** Sends over REST, each way on all servers in turn; ratios are to the last side, the peer. */
export async function measureSends(
  sides: Side[],
  { rounds, sendSeconds }: PeersOptions,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const way of WAYS) {
    const results = new Map<Side, Measured[]>(sides.map((side) => [side, []]));
    for (const side of sides) await measure(side, way, sendSeconds);
    for (let round = 0; round < rounds; round++) {
      for (const side of sides) results.get(side)!.push(await measure(side, way, sendSeconds));
    }
    const middles = sides.map((side) => middle(results.get(side)!));
    const peer = middles.at(-1)!;
    rows.push(...middles.map((each, at) => rowOf(way.name, sides[at].what, each, peer)));
  }
  return rows;
}

async function measure(side: Side, way: Way, seconds: number): Promise<Measured> {
  const spent = async () => ({
    server: await cpuSeconds(side.pid),
    database: side.databasePid === null ? 0 : await cpuSeconds(side.databasePid),
    load: await cpuSeconds(Deno.pid),
  });
  const before = await spent();
  const port = Number(new URL(side.url).port);
  const result = await sendInTurn(port, way.clients(side), seconds);
  const after = await spent();
  const us = (kind: "server" | "database") => (after[kind] - before[kind]) / result.sends * 1e6;
  return {
    perSecond: result.sends / result.seconds,
    p50: percentile(result.times, 0.5),
    p99: percentile(result.times, 0.99),
    serverUs: us("server"),
    databaseUs: us("database"),
    load: (after.load - before.load) / result.seconds,
  };
}

function middle(results: Measured[]): Measured {
  return results.toSorted((a, b) => a.perSecond - b.perSecond)[Math.floor(results.length / 2)];
}

function rowOf(way: string, server: string, each: Measured, peer: Measured): Row {
  const cpu = ({ serverUs, databaseUs }: Measured) => serverUs + databaseUs;
  return {
    "Sends over REST": way,
    "Server": server,
    "Sends/s": Math.round(each.perSecond),
    "÷ peer": ratio(each.perSecond / peer.perSecond),
    "p50 ms": round(each.p50),
    "p99 ms": round(each.p99),
    "CPU µs": Math.round(each.serverUs),
    "DB µs": Math.round(each.databaseUs),
    "CPU ÷": ratio(cpu(each) / cpu(peer)),
    "Load %": Math.round(each.load * 100),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const ratio = round;
