import { cpuSeconds } from "./cpu.ts";
import { percentile, runLoad, type Transport } from "./fanout_load.ts";

/** A rate that is kept has this 99th percentile at most, in milliseconds. */
const P99_MS = 100;
const GROWTH = 1.5;
/** From this share of its core on, in percent, a part is the limit. */
const BUSY = 85;
/** Until V8 has compiled the code of a send. */
const WARM_UP = { receivers: 10, rate: 2_000 };

export interface StepOptions {
  /** Deliveries a second of the first step. */
  firstDeliveries: number;
  coarseSeconds: number;
  /** Each raises the rate by half, until it is kept no more. */
  coarseSteps: number;
  fineSeconds: number;
  /** Each halves the range between the highest rate that was kept and the lowest that was not. */
  fineSteps: number;
}

export interface Step {
  /** A second. */
  deliveries: number;
  p50: number;
  p99: number;
  /** Shares of their cores that server and load used, in percent. */
  serverCore: number;
  loadCore: number;
  /** The part that kept the next higher rate from being reached; "none" if no step failed. */
  limit: "server" | "load" | "other work" | "none";
}

interface Target {
  server: { pid: number; url: string };
  transport: Transport;
  receivers: number;
}

/** Raises the rate until it is kept no more, then narrows the range. */
export async function highestRate(
  server: Target["server"],
  transport: Transport,
  receivers: number,
  options: StepOptions,
): Promise<Step> {
  const target = { server, transport, receivers };
  const port = Number(new URL(server.url).port);
  await runLoad({ port, transport, ...WARM_UP, seconds: options.coarseSeconds });
  let [best, failed]: (Step | null)[] = [null, null];
  let [kept, refused] = [0, options.firstDeliveries];
  for (let n = 0; n < options.coarseSteps && !failed; n++) {
    const step = await measureTwice(target, refused, options.coarseSeconds);
    if (!isKept(step)) failed = step;
    else [best, kept, refused] = [step, refused, refused * GROWTH];
  }
  for (let n = 0; n < options.fineSteps && failed; n++) {
    const middle = kept === 0 ? refused / 2 : Math.sqrt(kept * refused);
    const step = await measureTwice(target, middle, options.fineSeconds);
    if (isKept(step)) [best, kept] = [step, middle];
    else [failed, refused] = [step, middle];
  }
  // Nothing was kept.
  if (!best) return { ...failed!, deliveries: 0 };
  return { ...best, limit: failed?.limit ?? "none" };
}

function isKept({ p99 }: Step): boolean {
  return p99 <= P99_MS;
}

/** A step that fails is tried once more, since the machine may have paused. */
async function measureTwice(target: Target, deliveries: number, seconds: number): Promise<Step> {
  const first = await measure(target, deliveries, seconds).catch(overrun);
  return isKept(first) ? first : await measure(target, deliveries, seconds).catch(overrun);
}

/** A server may cut receivers off that it cannot serve fast enough: they miss messages. */
function overrun(error: Error): Step {
  console.log(`Not kept: ${error.message}`);
  return { deliveries: 0, p50: NaN, p99: NaN, serverCore: 0, loadCore: 0, limit: "server" };
}

async function measure(
  { server, transport, receivers }: Target,
  deliveries: number,
  seconds: number,
): Promise<Step> {
  const load: number[] = [];
  const cpu = async () => {
    load.push(await cpuSeconds(Deno.pid));
    return await cpuSeconds(server.pid);
  };
  const port = Number(new URL(server.url).port);
  const rate = deliveries / receivers;
  const result = await runLoad({ port, transport, receivers, rate, seconds, cpu });
  const core = (used: number) => Math.round(used / result.seconds * 100);
  const [serverCore, loadCore] = [core(result.cpu), core(load[1] - load[0])];
  return {
    deliveries: Math.round(result.deliveries / result.seconds),
    p50: percentile(result.latencies, 0.5),
    p99: percentile(result.latencies, 0.99),
    serverCore,
    loadCore,
    limit: limitOf(serverCore, loadCore),
  };
}

/** Where neither was busy, other work on the machine had the core: the figure says little. */
function limitOf(serverCore: number, loadCore: number): Step["limit"] {
  if (loadCore >= BUSY) return "load";
  return serverCore >= BUSY ? "server" : "other work";
}
