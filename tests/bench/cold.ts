import { fileURLToPath } from "node:url";
import { freePort } from "../support/free_port.ts";
import { inheritedEnvironment } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { cpuSeconds } from "./cpu.ts";
import { keepFigures } from "./figures.ts";
import { startEverything } from "./everything.ts";
import { residentKilobytes } from "./idle_memory.ts";
import { median } from "./median.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const EMPTY = 'Deno.serve({ port: Number(Deno.env.get("PORT")) }, () => new Response());';
const RUNS = 7;
const READY_WITHIN_MS = 30_000;
/**
 * After this time in milliseconds the garbage of the start is collected and the first timers have
 * fired.
 */
const IDLE_AFTER_MS = 2_000;

interface Kind {
  name: string;
  script: string;
  environment: Record<string, string>;
}

interface Start {
  wallMs: number;
  cpuMs: number;
  idleMegabytes: number;
}

/**
 * Measures the start of the server until `/healthz` responds, beside an empty `Deno.serve` of the
 * same Deno: as it starts for a newcomer (SQLite, a file of Deno KV, a folder for media), and with
 * everything configured (MongoDB, `denokv`, S3, SMTP, FCM, Web Push, Google, Facebook) where the
 * services are installed. The programs run in turn; a start before the first run fills V8's code
 * cache and creates the database's schema. On a busy machine CPU time says more than wall time.
 * Linux only.
 */
export async function cold(): Promise<void> {
  await using folder = await TempDir.make("bench_cold");
  await using everything = await startEverything();
  const empty = folder.join("empty.ts");
  await Deno.writeTextFile(empty, EMPTY);
  const kinds: Kind[] = [
    { name: "empty Deno.serve", script: empty, environment: {} },
    { name: "SQLite", script: "src/main.ts", environment: { DATA_DIR: folder.join("data") } },
  ];
  if (everything !== null) {
    const environment = { ...everything.environment, DATA_DIR: folder.join("everything") };
    kinds.push({ name: "everything configured", script: "src/main.ts", environment });
  }
  const starts = new Map<Kind, Start[]>(kinds.map((kind) => [kind, []]));
  for (let run = 0; run <= RUNS; run++) {
    for (const kind of kinds) {
      const start = await measure(kind);
      if (run > 0) starts.get(kind)!.push(start);
    }
  }
  await report(starts);
}

async function measure({ script, environment }: Kind): Promise<Start> {
  const port = freePort();
  const began = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script],
    cwd: ROOT,
    clearEnv: true,
    env: { ...inheritedEnvironment(), ...environment, PORT: String(port) },
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

async function report(starts: Map<Kind, Start[]>): Promise<void> {
  const [base, ...others] = [...starts].map(([{ name }, runs]) => ({
    name,
    wallMs: median(runs.map(({ wallMs }) => wallMs)),
    cpuMs: median(runs.map(({ cpuMs }) => cpuMs)),
    idleMegabytes: median(runs.map(({ idleMegabytes }) => idleMegabytes)),
  }));
  const rows = [base, ...others].map(({ name, wallMs, cpuMs, idleMegabytes }) => ({
    "Server": name,
    "CPU ms": Math.round(cpuMs),
    "Over the empty one": Math.round(cpuMs - base.cpuMs),
    "Wall ms": Math.round(wallMs),
    "MB idle": Math.round(idleMegabytes),
  }));
  console.table(rows);
  await keepFigures("cold", rows);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
