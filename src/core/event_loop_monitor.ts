import process from "node:process";
import type { MetricsRegistry } from "./metrics.ts";

/**
 * Interval of the checks. Also the error of a measurement: a turn appears up to this much longer.
 */
const TICK_MS = 10;
/**
 * Milliseconds of the process's CPU time after which the thread's is read again, which takes
 * fifteen times as long. A turn appears up to this much longer, too.
 */
const STALE_MS = 2;
/** A maximum covers at least this long and at most twice as long, however often it is read. */
const WINDOW_MS = 30_000;

/**
 * Measures the longest turn of this thread's event loop.
 *
 * A timer is due every `TICK_MS`; a turn that is longer makes it late. Being late also happens when the
 * machine is busy with other processes, so a turn counts with at most the CPU time that the thread
 * used meanwhile: neither a noisy machine nor many short turns look like a long one. Where the platform
 * has no figure for a thread (Deno before 2.9), the CPU time of the process takes its place, which
 * includes its workers.
 */
export class EventLoopMonitor {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = 0;
  /** CPU times in milliseconds when the thread's was last read. */
  #threadBefore = 0;
  #processBefore = 0;
  #windowStart = performance.now();
  #previous = 0;
  #current = 0;

  constructor(metrics?: MetricsRegistry) {
    metrics?.gauge(
      "realtimechat_event_loop_longest_turn_seconds",
      "CPU time of the longest turn of the event loop in the last 30 to 60 seconds",
      () => this.longestTurn() / 1000,
    );
  }

  start(): void {
    this.#readCpu();
    this.#schedule();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Milliseconds: the longest turn of the last 30 to 60 seconds. */
  longestTurn(): number {
    this.#moveWindow(performance.now());
    return Math.max(this.#previous, this.#current);
  }

  #schedule(): void {
    this.#dueAt = performance.now() + TICK_MS;
    this.#timer = setTimeout(() => this.#tick(), TICK_MS);
    Deno.unrefTimer(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    const late = now - this.#dueAt;
    this.#moveWindow(now);
    // Less than one tick late: no turn was longer than two ticks.
    if (late >= TICK_MS) {
      const turn = Math.min(late + TICK_MS, this.#readCpu());
      this.#current = Math.max(this.#current, turn);
    } else if (processCpuMs() - this.#processBefore > STALE_MS) this.#readCpu();
    this.#schedule();
  }

  /** Returns the milliseconds of CPU time that the thread has used since the last call. */
  #readCpu(): number {
    const before = this.#threadBefore;
    this.#threadBefore = threadCpuMs();
    this.#processBefore = processCpuMs();
    return this.#threadBefore - before;
  }

  #moveWindow(now: number): void {
    const age = now - this.#windowStart;
    if (age < WINDOW_MS) return;
    this.#previous = age < 2 * WINDOW_MS ? this.#current : 0;
    this.#current = 0;
    this.#windowStart = now;
  }
}

interface CpuUsage {
  /** Microseconds. */
  user: number;
  system: number;
}

const usage = (process as { threadCpuUsage?: () => CpuUsage }).threadCpuUsage ?? process.cpuUsage;

function threadCpuMs(): number {
  return milliseconds(usage.call(process));
}

function processCpuMs(): number {
  return milliseconds(process.cpuUsage());
}

function milliseconds({ user, system }: CpuUsage): number {
  return (user + system) / 1000;
}
