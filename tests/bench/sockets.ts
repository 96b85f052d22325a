import { cpuSeconds, pin } from "./cpu.ts";
import { keepFigures, type Row } from "./figures.ts";
import { type Arrival, Herd } from "./herd.ts";
import { residentKilobytes } from "./idle_memory.ts";
import { ServerProcess } from "../support/server_process.ts";
import { Town } from "./town.ts";

export interface SocketsOptions {
  people: number;
  /**
   * Seconds of silence in which the server's CPU time is measured, twice: pings come every 30 s. In
   * the first, V8 compacts what the arrivals left.
   */
  idleSeconds: number;
  pinned: boolean;
}

const SOCKETS: SocketsOptions = { people: 10_000, idleSeconds: 30, pinned: true };
const GROUP = 20;
/** Share of the people whose connections allocate what all share: code, buffers, room in tables. */
const SHARED_FIRST = 0.1;

/** Prints and keeps the rows. */
export async function sockets(): Promise<void> {
  const rows = await socketRows(SOCKETS);
  console.table(rows);
  await keepFigures("sockets", rows);
}

/**
 * Everybody connects, stays silent, and comes back with their cursors after a restart of the
 * server: CPU time of an accepted socket and of the silence, and memory of a socket; beside a
 * server that only accepts and replies. Each person is in a group of 20 and in six chats of two.
 */
export async function socketRows({ people, idleSeconds, pinned }: SocketsOptions): Promise<Row[]> {
  const bare = await bareArrival(people, pinned);
  const groups = Array.from({ length: Math.ceil(people / GROUP) }, () => GROUP);
  await using town = await Town.start({ people, directs: people * 3, groups, pinned });
  const herd = new Herd(town);
  const first = Math.ceil(people * SHARED_FIRST);
  await herd.connect(0, first);
  const before = await settledKilobytes(town);
  const coming = await herd.connect(first, people);
  const kilobytes = (await settledKilobytes(town) - before) / (people - first);
  const idle = await idleShare(town, idleSeconds);
  const later = await idleShare(town, idleSeconds);
  await town.restart();
  herd.close();
  const again = new Herd(town, { cursors: herd.cursors });
  const back = await again.connect(0, people);
  again.close();
  const nothing = { "kB each": "", "idle CPU %": "", "later %": "" };
  const rest = {
    "kB each": round(kilobytes),
    "idle CPU %": round(idle * 100),
    "later %": round(later * 100),
  };
  return [
    { phase: "bare server", ...describe(bare, bare), ...nothing },
    { phase: "come", ...describe(coming, bare), ...rest },
    { phase: "back", ...describe(back, bare), ...nothing },
  ];
}

function describe({ seconds, cpuSeconds, count }: Arrival, bare: Arrival): Row {
  const each = cpuSeconds / count;
  return {
    sockets: count,
    "took s": round(seconds),
    "accepted/s": Math.round(count / seconds),
    "CPU µs each": Math.round(each * 1e6),
    "accepted/s of CPU": Math.round(1 / each),
    "times the bare server": round(each / (bare.cpuSeconds / bare.count)),
  };
}

async function bareArrival(people: number, pinned: boolean): Promise<Arrival> {
  await using server = await ServerProcess.start({ script: "tests/bench/peers/bare_hello.ts" });
  if (pinned) await Promise.all([pin(server.pid, 0), pin(Deno.pid, 1)]);
  const port = Number(new URL(server.url).port);
  // As long as an access token.
  const token = "x".repeat(310);
  const herd = new Herd({
    port,
    server,
    people: Array.from({ length: people }, () => ({ token })),
  });
  const arrival = await herd.connect(0, people);
  herd.close();
  return arrival;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Returns the share of a core that the server uses in silence. */
async function idleShare(town: Town, seconds: number): Promise<number> {
  const [cpu, began] = [await cpuSeconds(town.server.pid), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const share = (await cpuSeconds(town.server.pid) - cpu) / (performance.now() - began) * 1_000;
  return share;
}

/** Returns the least of a while, since garbage is collected at any time. */
async function settledKilobytes(town: Town): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 30; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    least = Math.min(least, await residentKilobytes(town.server.pid));
  }
  return least;
}
