import process from "node:process";
import type { MetricsRegistry } from "./metrics.ts";

/**
 * Interval of the checks. Also the error of a measurement: a turn appears up to this much longer.
 */
const TICK_MS = 10;
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
  #cpuBefore = 0;
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
    this.#cpuBefore = threadCpuMs();
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
    const now = performance.now(), cpu = threadCpuMs();
    const late = now - this.#dueAt;
    this.#moveWindow(now);
    // Less than one tick late: no turn was longer than two ticks.
    if (late >= TICK_MS) {
      const turn = Math.min(late + TICK_MS, cpu - this.#cpuBefore);
      this.#current = Math.max(this.#current, turn);
    }
    this.#cpuBefore = cpu;
    this.#schedule();
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
  const { user, system } = usage.call(process);
  return (user + system) / 1000;
}
