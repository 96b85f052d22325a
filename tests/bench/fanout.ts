import { ServerProcess } from "../support/server_process.ts";
import { bareTransport, chatTransport } from "./bench_transports.ts";
import { cpuSeconds, pin } from "./cpu.ts";
import { keepFigures } from "./figures.ts";
import { percentile, runLoad, type Transport } from "./fanout_load.ts";

/** Raises the limits for the benchmark, since only the fan-out is measured. */
export const WIDE = {
  RATE_SEND: "100000000/1s",
  RATE_REGISTER: "100000/1s",
  RATE_HELLO: "1000000/1s",
  LIMIT_SOCKETS_PER_USER: "100000",
  LIMIT_SOCKETS_PER_ADDRESS: "1000000",
  LIMIT_SOCKETS_BEFORE_HELLO: "1000000",
  LIMIT_SOCKET_MEMORY_BYTES: "1000000000000",
  LOG_LEVEL: "warn",
};

export interface Row {
  what: string;
  receivers: number;
  "sends/s": number;
  "deliveries/s": number;
  "p50 ms": number;
  "p99 ms": number;
  "CPU µs/delivery": number;
  "CPU %": number;
}

export interface FanoutOptions {
  /** Deliveries per second and receivers of the runs that are compared with the bare broadcast. */
  beside: { receivers: number; deliveries: number }[];
  seconds: number;
  keep: boolean;
  env?: Record<string, string>;
}

const FANOUT: FanoutOptions = {
  beside: [100, 300, 1000].map((receivers) => ({ receivers, deliveries: 20_000 })),
  seconds: 10,
  keep: true,
};

/** Durable sends into one room, beside a server that only broadcasts. Server on one core of two. */
export async function fanout(options: FanoutOptions = FANOUT): Promise<void> {
  await pin(Deno.pid, 1);
  const rows: Row[] = [];
  for (const { receivers, deliveries } of options.beside) {
    const rate = deliveries / receivers;
    rows.push(await measureBare(receivers, rate, options.seconds));
    rows.push(await measureChat(receivers, rate, options));
  }
  const withRatios = rows.map((row, at) => ({
    ...row,
    "÷ bare": round(row["CPU µs/delivery"] / rows[at - at % 2]["CPU µs/delivery"]),
  }));
  console.table(withRatios);
  if (options.keep) await keepFigures("fanout", withRatios);
}

async function measureBare(receivers: number, rate: number, seconds: number): Promise<Row> {
  await using server = await ServerProcess.start({ script: "tests/bench/peers/bare_broadcast.ts" });
  return await measure("bare broadcast", server, bareTransport(), receivers, rate, seconds);
}

async function measureChat(receivers: number, rate: number, options: FanoutOptions): Promise<Row> {
  await using server = await ServerProcess.start({ env: { ...WIDE, ...options.env } });
  const transport = await chatTransport(server.url);
  return await measure("RealTimeChat /ws", server, transport, receivers, rate, options.seconds);
}

/**
 * Warm-up until V8 has compiled the code of a send: at twenty sends per second that would take
 * minutes.
 */
const WARM_UP = { receivers: 10, rate: 1_000, seconds: 4 };

/** One row of the table: the server on core 0, and its processor time per delivery. */
export async function measure(
  what: string,
  server: { pid: number; url: string },
  transport: Transport,
  receivers: number,
  rate: number,
  seconds: number,
): Promise<Row> {
  await pin(server.pid, 0);
  const port = Number(new URL(server.url).port);
  await runLoad({ port, ...WARM_UP, transport });
  const cpuNow = () => cpuSeconds(server.pid);
  const result = await runLoad({ port, receivers, rate, seconds, transport, cpu: cpuNow });
  const { cpu } = result;
  const row: Row = {
    what,
    receivers,
    "sends/s": Math.round(result.sent / result.seconds),
    "deliveries/s": Math.round(result.deliveries / result.seconds),
    "p50 ms": round(percentile(result.latencies, 0.5)),
    "p99 ms": round(percentile(result.latencies, 0.99)),
    "CPU µs/delivery": round(cpu / result.deliveries * 1e6),
    "CPU %": Math.round(cpu / result.seconds * 100),
  };
  console.log(JSON.stringify(row));
  return row;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
