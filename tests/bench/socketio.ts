import { ServerProcess } from "../support/server_process.ts";
import { chatTransport } from "./bench_transports.ts";
import { pin } from "./cpu.ts";
import { measure, type Row, WIDE } from "./fanout.ts";
import type { Transport } from "./fanout_load.ts";
import { idleMemory } from "./idle_memory.ts";
import { startSocketIo } from "./peers/node_peer.ts";
import { chatSocketIoTransport, nodeSocketIoTransport } from "./socketio_transports.ts";

export interface SocketIoBenchOptions {
  receivers: number;
  /** Messages per second. The highest rate is more than either server can deliver. */
  rates: number[];
  seconds: number;
  /** Runs of either side at each rate, in turns; the median counts. */
  repeats: number;
  idle: number;
}

const OPTIONS: SocketIoBenchOptions = {
  receivers: 200,
  rates: [100, 500, 1000],
  seconds: 6,
  repeats: 3,
  idle: 2000,
};

interface Side {
  what: string;
  start(): Promise<{ pid: number; url: string } & AsyncDisposable | null>;
  transport(url: string): Promise<Transport>;
}

const start = () => ServerProcess.start({ env: WIDE });
const OURS: Side = { what: "RealTimeChat on Socket.IO", start, transport: chatSocketIoTransport };
const WS: Side = { what: "RealTimeChat on /ws", start, transport: chatTransport };
const NODE: Side = {
  what: "bare socket.io on Node",
  start: startSocketIo,
  transport: () => Promise.resolve(nodeSocketIoTransport),
};

/**
 * Durable messages over this server's Socket.IO transport, beside `socket.io` on Node, which only
 * broadcasts.
 */
export async function socketio(options: SocketIoBenchOptions = OPTIONS): Promise<void> {
  await pin(Deno.pid, 1);
  const rows: Row[] = [];
  for (const rate of options.rates) rows.push(...await sideBySide(rate, options));
  console.table(rows);
  for (const { what, start, transport } of [NODE, OURS, WS]) {
    await using server = await start();
    if (!server) continue;
    const kilobytes = await idleMemory(server, await transport(server.url), options.idle);
    console.log(`${what}: ${kilobytes.toFixed(1)} kB of memory for an idle connection`);
  }
}

async function sideBySide(rate: number, options: SocketIoBenchOptions): Promise<Row[]> {
  const runs = new Map<Side, Row[]>([[NODE, []], [OURS, []]]);
  for (let i = 0; i < options.repeats; i++) {
    for (const [side, rows] of runs) {
      await using server = await side.start();
      if (!server) continue;
      const transport = await side.transport(server.url);
      const { receivers, seconds } = options;
      rows.push(await measure(side.what, server, transport, receivers, rate, seconds));
    }
  }
  return [...runs.values()].filter((rows) => rows.length > 0).map(middle);
}

/** Ranks by delivered messages, in steps of ten per second, and among equals by cost. */
function middle(rows: Row[]): Row {
  const throughput = (row: Row) => Math.round(row["sends/s"] / 10);
  const inOrder = rows.toSorted((a, b) =>
    throughput(a) - throughput(b) || b["CPU µs/delivery"] - a["CPU µs/delivery"]
  );
  return inOrder[Math.floor(inOrder.length / 2)];
}
