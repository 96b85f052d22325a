import process from "node:process";
import type { MetricsRegistry } from "./metrics.ts";

/**
 * Interval of the checks. Also the error of a measurement: a turn appears up to this much longer.
 */
const TICK_MS = 10;
/**
 * Interval of the checks while the process has little to do: a process at rest should cost little.
 * A turn of 50 ms still makes one of them late.
 */
const REST_TICK_MS = 40;
/** Number of checks without work after which the process is at rest. */
const REST_AFTER = 100;
/** Checks without work that one with work outweighs: something small may run every second. */
const WORK_WEIGHT = 20;
/** Milliseconds of the process's CPU time between two checks that count as work. */
const WORK_MS = 2;
/**
 * Milliseconds of the process's CPU time after which the thread's is read again, which takes
 * fifteen times as long. While other threads of the process compute, a turn appears up to this much
 * longer.
 */
const STALE_MS = 10;
/** A maximum covers at least this long and at most twice as long, however often it is read. */
const WINDOW_MS = 30_000;

/**
 * Measures the longest turn of this thread's event loop.
 *
 * A timer is due every `TICK_MS`; a turn that is longer makes it late. Being late also happens when
 * the machine is busy with other processes, so a turn counts with at most the CPU time that the
 * process used since the last check, and at most what the thread used: neither a noisy machine, nor
 * workers, nor many short turns look like a long one. Where the platform has no figure for a thread
 * (Deno before 2.9), the CPU time of the process takes its place, which includes its workers.
 */
export class EventLoopMonitor {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = 0;
  /** Checks that found no work, less those that did: at most `REST_AFTER`. */
  #quietTicks = 0;
  /** CPU time of the process in milliseconds at the last check. */
  #processAtTick = 0;
  /** CPU times in milliseconds when the thread's was last read. */
  #threadBefore = 0;
  #processBefore = 0;
  #windowStart = performance.now();
  #previous = 0;
  #current = 0;

  /** `cpu` is replaceable for tests. */
  constructor(metrics?: MetricsRegistry, private readonly cpu: CpuClock = processClock) {
    metrics?.gauge(
      "realtimechat_event_loop_longest_turn_seconds",
      "CPU time of the longest turn of the event loop in the last 30 to 60 seconds",
      () => this.longestTurn() / 1000,
    );
  }

  start(): void {
    this.#processAtTick = this.cpu.process();
    this.#readThread(this.#processAtTick);
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

  get #tickMs(): number {
    return this.#quietTicks < REST_AFTER ? TICK_MS : REST_TICK_MS;
  }

  #schedule(): void {
    const tickMs = this.#tickMs;
    this.#dueAt = performance.now() + tickMs;
    this.#timer = setTimeout(() => this.#tick(tickMs), tickMs);
    Deno.unrefTimer(this.#timer);
  }

  #tick(tickMs: number): void {
    const now = performance.now();
    const late = now - this.#dueAt;
    this.#moveWindow(now);
    // Less than one tick late: no turn was longer than two ticks.
    const isLate = late >= TICK_MS;
    const process = this.cpu.process();
    const used = process - this.#processAtTick;
    this.#processAtTick = process;
    this.#noteWork(isLate || used > WORK_MS);
    const turn = isLate ? Math.min(late + tickMs, used) : 0;
    if (turn > this.#current) {
      this.#current = Math.max(this.#current, Math.min(turn, this.#readThread(process)));
    } else if (process - this.#processBefore > STALE_MS) {
      this.#readThread(process);
    }
    this.#schedule();
  }

  /** The checks themselves take some time, and must not count as work. */
  #noteWork(isWorking: boolean): void {
    const ticks = this.#quietTicks + (isWorking ? -WORK_WEIGHT : 1);
    this.#quietTicks = Math.max(0, Math.min(ticks, REST_AFTER));
  }

  /** Returns the milliseconds of CPU time that the thread has used since the last call. */
  #readThread(process: number): number {
    const before = this.#threadBefore;
    this.#threadBefore = this.cpu.thread();
    this.#processBefore = process;
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

/** Milliseconds of CPU time. */
export interface CpuClock {
  thread(): number;
  process(): number;
}

interface CpuUsage {
  /** Microseconds. */
  user: number;
  system: number;
}

const usage = (process as { threadCpuUsage?: () => CpuUsage }).threadCpuUsage ?? process.cpuUsage;

const processClock: CpuClock = {
  thread: () => milliseconds(usage.call(process)),
  process: () => milliseconds(process.cpuUsage()),
};

function milliseconds({ user, system }: CpuUsage): number {
  return (user + system) / 1000;
}
