import { fileURLToPath } from "node:url";
import { freePort } from "../support/free_port.ts";
import { inheritedEnvironment } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { cpuSeconds } from "./cpu.ts";
import { residentKilobytes } from "./idle_memory.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const EMPTY = 'Deno.serve({ port: Number(Deno.env.get("PORT")) }, () => new Response());';
const RUNS = 7;
const READY_WITHIN_MS = 30_000;
/** Garbage of the start is collected and first timers have fired after this time. */
const IDLE_AFTER_MS = 2_000;

interface Start {
  wallMs: number;
  cpuMs: number;
  idleMegabytes: number;
}

/**
 * Measures the start of the server until `/healthz` answers, beside an empty `Deno.serve` of the same
 * Deno. Both run in turn; a start before the first run fills V8's code cache and the database's
 * schema. On a machine that does other work CPU time says more than wall time. Linux only.
 */
export async function cold(): Promise<void> {
  await using folder = await TempDir.make("bench_cold");
  const empty = folder.join("empty.ts");
  await Deno.writeTextFile(empty, EMPTY);
  const dataDir = folder.join("data");
  const starts: { empty: Start[]; server: Start[] } = { empty: [], server: [] };
  for (let run = 0; run <= RUNS; run++) {
    const pair = [
      await measure(empty, dataDir),
      await measure("src/main.ts", dataDir),
    ];
    if (run === 0) continue;
    starts.empty.push(pair[0]);
    starts.server.push(pair[1]);
  }
  report("wall time", "ms", starts, "wallMs");
  report("CPU time", "ms", starts, "cpuMs");
  report("idle memory", "MB", starts, "idleMegabytes");
}

async function measure(script: string, dataDir: string): Promise<Start> {
  const port = freePort();
  const began = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script],
    cwd: ROOT,
    clearEnv: true,
    env: { ...inheritedEnvironment(), PORT: String(port), DATA_DIR: dataDir },
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await answered(port, began + READY_WITHIN_MS);
    const wallMs = performance.now() - began;
    const cpuMs = await cpuSeconds(child.pid) * 1_000;
    await pause(IDLE_AFTER_MS);
    return {
      wallMs,
      cpuMs,
      idleMegabytes: await residentKilobytes(child.pid) / 1_024,
    };
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
}

async function answered(port: number, until: number): Promise<void> {
  while (performance.now() < until) {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null);
    await response?.body?.cancel();
    if (response?.ok) return;
    await pause(2);
  }
  throw new Error(
    `Cannot measure a cold start: no answer within ${READY_WITHIN_MS} ms`,
  );
}

function report(
  name: string,
  unit: string,
  { empty, server }: Record<"empty" | "server", Start[]>,
  figure: keyof Start,
): void {
  const [base, ours] = [empty, server].map((starts) => median(starts.map((s) => s[figure])));
  const over = `${(ours - base).toFixed(0)} ${unit} over, ${(ours / base).toFixed(1)} times`;
  console.log(
    `${name}: ${ours.toFixed(0)} ${unit}, empty Deno.serve ${base.toFixed(0)}; ${over}`,
  );
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
