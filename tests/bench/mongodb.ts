import { HttpClient } from "../support/http_client.ts";
import { MongodbServer } from "../support/mongodb_server.ts";
import { ServerProcess } from "../support/server_process.ts";
import { benchGroup } from "./bench_transports.ts";
import { cpuSeconds } from "./cpu.ts";
import { WIDE } from "./fanout.ts";
import { percentile } from "./fanout_load.ts";
import { keepFigures, type Row } from "./figures.ts";
import { startExpress } from "./peers/node_peer.ts";

const TEXT = "x".repeat(120);
const CLIENTS = 32;
/** Milliseconds until what follows a send is done, and counts: pushes rest for 250. */
const SETTLED_MS = 400;

interface Way {
  name: string;
  clients: number;
  /** Chats that they send to, in turn. */
  chats: number;
  sends: number;
}

const WAYS: Way[] = [
  { name: "one client in turn", clients: 1, chats: 1, sends: 300 },
  { name: "32 at once, own chats", clients: CLIENTS, chats: CLIENTS, sends: 2_000 },
  { name: "32 at once, one group", clients: CLIENTS, chats: 1, sends: 2_000 },
];

/** A server whose sends are measured. */
interface Target {
  name: string;
  pid: number;
  /** Sends a message of the client to a chat. */
  send(client: number, chat: number): ReturnType<HttpClient["post"]>;
}

interface Sum {
  times: number[];
  seconds: number;
  server: number;
  database: number;
}

export interface MongodbOptions {
  rounds: number;
  /** Part of the sends that are measured otherwise. */
  share: number;
  beside: boolean;
}

/**
 * Sends over REST, beside Express and the MongoDB driver on the same database, which acknowledges
 * to both only what its journal has. The two take turns.
 */
export async function mongodb(): Promise<void> {
  const rows = await mongodbRows({ rounds: 3, share: 1, beside: true });
  console.table(rows);
  await keepFigures("mongodb", rows);
}

export async function mongodbRows({ rounds, share, beside }: MongodbOptions): Promise<Row[]> {
  await using database = await MongodbServer.start({ durable: true, cacheSize: "2G" });
  await using server = await ServerProcess.start({ env: environment(database.uri("own")) });
  await using peer = beside ? await startExpress(database.uri("peer")) : null;
  const targets = [await ownTarget(server)];
  if (peer) targets.push(peerTarget(peer.url, peer.pid));
  const rows: Row[] = [];
  for (const way of WAYS) {
    const work = { ...way, sends: Math.ceil(way.sends * share) };
    const sums = await measure(work, rounds, targets, database.pid);
    rows.push(...targets.map(({ name }, n) => rowOf(way, name, sums[n])));
  }
  return rows;
}

function environment(uri: string): Record<string, string> {
  return {
    ...WIDE,
    MONGODB_URI: uri,
    BROKER: "mongo",
    BCRYPT_COST: "4",
    JWT_SECRET: "one ".repeat(10),
    JWT_REFRESH_SECRET: "two ".repeat(10),
    ENCRYPTION_KEY: "0123456789abcdef".repeat(4),
  };
}

/** Each chat is a group of ten, one of whom sends. */
async function ownTarget({ url, pid }: ServerProcess): Promise<Target> {
  const senders: { chatId: string; http: HttpClient }[] = [];
  for (let n = 0; n < CLIENTS; n++) {
    const { chatId, tokenOf } = await benchGroup(url);
    senders.push({ chatId, http: new HttpClient(url, tokenOf(0)) });
  }
  return {
    name: "RealTimeChat",
    pid,
    send(_client, chat) {
      const { chatId, http } = senders[chat];
      return http.post("/api/messages", { chatId, text: TEXT });
    },
  };
}

function peerTarget(url: string, pid: number): Target {
  const http = new HttpClient(url);
  return {
    name: "Express, MongoDB driver",
    pid,
    send: (client, chat) =>
      http.post("/messages", { chatId: `chat${chat}`, senderId: `person${client}`, text: TEXT }),
  };
}

/** The first round only warms up. */
async function measure(
  way: Way,
  rounds: number,
  targets: Target[],
  database: number,
): Promise<Sum[]> {
  const sums = targets.map((): Sum => ({ times: [], seconds: 0, server: 0, database: 0 }));
  for (let round = 0; round <= rounds; round++) {
    for (const [n, target] of targets.entries()) {
      const found = await measureRound(way, target, database);
      if (round > 0) add(sums[n], found);
    }
  }
  return sums;
}

async function measureRound(way: Way, target: Target, database: number): Promise<Sum> {
  const spent = () => Promise.all([target.pid, database].map(cpuSeconds));
  const [before, began] = [await spent(), performance.now()];
  const times: number[] = [];
  let left = way.sends;
  await Promise.all(Array.from({ length: way.clients }, async (_, client) => {
    while (left-- > 0) {
      const start = performance.now();
      const { status, body } = await target.send(client, client % way.chats);
      if (status !== 201) throw new Error(JSON.stringify(body));
      times.push(performance.now() - start);
    }
  }));
  const seconds = (performance.now() - began) / 1_000;
  await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
  const after = await spent();
  return { times, seconds, server: after[0] - before[0], database: after[1] - before[1] };
}

function add(sum: Sum, more: Sum): void {
  for (const time of more.times) sum.times.push(time);
  sum.seconds += more.seconds;
  sum.server += more.server;
  sum.database += more.database;
}

function rowOf({ name: way }: Way, server: string, sum: Sum): Row {
  const times = Float64Array.from(sum.times).sort();
  const perSend = (seconds: number) => Math.round(seconds / times.length * 1e6);
  return {
    way,
    server,
    "sends/s": Math.round(times.length / sum.seconds),
    "p50 ms": percentile(times, 0.5).toFixed(2),
    "p99 ms": percentile(times, 0.99).toFixed(1),
    "CPU µs/send": perSend(sum.server),
    "of the database": perSend(sum.database),
  };
}
