import { HttpClient } from "../support/http_client.ts";
import { ServerProcess } from "../support/server_process.ts";
import { WsClient } from "../support/ws_client.ts";
import { benchGroup } from "./bench_transports.ts";
import { cpuSeconds } from "./cpu.ts";
import { keepFigures } from "./figures.ts";
import { WIDE } from "./fanout.ts";
import { percentile } from "./fanout_load.ts";

const WARM_UP = 1_500;
const TEXT = "x".repeat(120);

interface Way {
  name: string;
  /** Milliseconds between the starts of two sends; 0: one after another. */
  everyMs: number;
  sends: number;
}

const WAYS: Way[] = [
  { name: "one after another", everyMs: 0, sends: 3_000 },
  { name: "20 a second", everyMs: 50, sends: 200 },
];

/** One client whose sends come alone, over `/ws` and over REST: rate, time and CPU of each. */
export async function lone(): Promise<void> {
  await using server = await ServerProcess.start({ env: WIDE });
  const { chatId, tokenOf } = await benchGroup(server.url);
  await using socket = (await WsClient.connect(server.webSocketUrl, tokenOf(0))).client;
  const http = new HttpClient(server.url, tokenOf(0));
  const message = { chatId, text: TEXT };
  const transports = {
    "/ws": () => socket.command("message.send", message),
    REST: () => http.post("/api/messages", message),
  };
  const rows = [];
  for (const [transport, send] of Object.entries(transports)) {
    for (let i = 0; i < WARM_UP; i++) await send();
    for (const way of WAYS) rows.push({ transport, ...await measure(server.pid, send, way) });
  }
  console.table(rows);
  await keepFigures("lone", rows);
}

async function measure(pid: number, send: () => Promise<unknown>, way: Way) {
  const times = new Float64Array(way.sends);
  const [cpu, began] = [await cpuSeconds(pid), performance.now()];
  for (let i = 0; i < way.sends; i++) {
    const start = performance.now();
    await send();
    times[i] = performance.now() - start;
    const left = way.everyMs - times[i];
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
  }
  const seconds = (performance.now() - began) / 1_000;
  times.sort();
  return {
    way: way.name,
    "sends/s": Math.round(way.sends / seconds),
    "p50 ms": round(percentile(times, 0.5)),
    "p99 ms": round(percentile(times, 0.99)),
    "CPU µs/send": Math.round((await cpuSeconds(pid) - cpu) / way.sends * 1e6),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
