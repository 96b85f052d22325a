import type { Clock } from "../../core/clock.ts";
import { untilAborted } from "../../core/until_aborted.ts";
import { destinationOf } from "./destination.ts";
import { retry } from "./http.ts";
import { type LaneJob, PushLane } from "./lane.ts";
import type { Push, PushResult, PushSender, PushTarget } from "./sender.ts";

export interface PushLanesOptions {
  sender: PushSender;
  clock: Clock;
  /** See `destinationOf`. */
  allowedOrigins?: readonly string[];
}

/**
 * Maximum concurrent pushes to a service run by the operator or a browser vendor, and to any other.
 */
const SERVICE_AT_ONCE = 32;
const USER_CHOSEN_AT_ONCE = 2;
/** Maximum concurrent pushes to all user-chosen hosts that have not accepted a push yet. */
const UNPROVEN_AT_ONCE = 16;
/** Maximum number of waiting pushes over all lanes; further ones are retried later. */
const MAX_WAITING = 5_000;
const FULL_WAIT_MS = 10_000;
/** Milliseconds for which a device that did not respond in time is not tried. */
const DEVICE_PAUSE_MS = 30_000;
/** Maximum number of lanes and of paused devices in memory; the oldest ones are dropped. */
const MAX_LANES = 1_000;
const MAX_PAUSED = 10_000;

/**
 * Sends pushes, each destination in a separate lane: a host that never responds occupies only
 * slots of that lane, for the length of a timeout, and soon none, because its breaker opens.
 * Everything is bounded: concurrent and waiting pushes, by lane, by user and in total.
 */
export class PushLanes {
  readonly #options: Required<PushLanesOptions>;
  readonly #lanes = new Map<string, PushLane>();
  /** Time until which a device that timed out is not tried, by its address. */
  readonly #paused = new Map<string, number>();
  readonly #stop = new AbortController();
  #unproven = 0;
  #waiting = 0;

  constructor(options: PushLanesOptions) {
    this.#options = { allowedOrigins: [], ...options };
  }

  /** Never throws. A push whose lane is full or whose breaker is open is to be retried. */
  deliver(ownerId: string, target: PushTarget, push: Push): Promise<PushResult> {
    const now = this.#options.clock.now();
    if (this.#stop.signal.aborted) return Promise.resolve(retry("The server is stopping"));
    const pausedMs = (this.#paused.get(addressOf(target)) ?? 0) - now;
    if (pausedMs > 0) {
      return Promise.resolve(retry("The device did not respond a moment ago", pausedMs));
    }
    const lane = this.#laneOf(target);
    const waitMs = lane.breaker.waitMs(now);
    if (waitMs > 0) return Promise.resolve(paused(lane, waitMs));
    return new Promise((resolve) => {
      const run = () => this.#send(target, push);
      if (this.#waiting < MAX_WAITING && lane.add({ ownerId, run, resolve })) {
        this.#waiting++;
        this.#next(lane);
      } else resolve(retry("Too many pushes are waiting for the push service", FULL_WAIT_MS));
    });
  }

  /** Aborts pushes in flight and drops waiting ones; all of them resolve as `retry`. */
  close(): void {
    this.#stop.abort(new DOMException("The server is stopping", "AbortError"));
    for (const lane of this.#lanes.values()) {
      for (const job of this.#flush(lane)) job.resolve(retry("The server is stopping"));
    }
  }

  #next(lane: PushLane): void {
    const { isUserChosen } = lane.destination;
    const atOnce = isUserChosen ? USER_CHOSEN_AT_ONCE : SERVICE_AT_ONCE;
    while (!this.#stop.signal.aborted) {
      const isUnproven = isUserChosen && !lane.isProven;
      if (isUnproven && this.#unproven >= UNPROVEN_AT_ONCE) return;
      const job = lane.next(atOnce);
      if (!job) return;
      this.#waiting--;
      this.#run(lane, job, isUnproven);
    }
  }

  async #run(lane: PushLane, job: LaneJob, isUnproven: boolean): Promise<void> {
    if (isUnproven) this.#unproven++;
    const result = await job.run();
    if (isUnproven) this.#unproven--;
    lane.done(job);
    this.#judge(lane, result);
    job.resolve(result);
    this.#next(lane);
    if (isUnproven) this.#nextUnproven();
  }

  #judge(lane: PushLane, result: PushResult): void {
    if (this.#stop.signal.aborted) return;
    if (result.outcome !== "retry" || !result.unreachable) {
      lane.breaker.succeeded();
      lane.isProven ||= result.outcome === "delivered";
      return;
    }
    const now = this.#options.clock.now();
    lane.breaker.failed(now);
    lane.isProven = false;
    const waitMs = lane.breaker.waitMs(now);
    if (waitMs === 0) return;
    for (const job of this.#flush(lane)) job.resolve(paused(lane, waitMs));
  }

  /** In the order of their last use, so that each gets its turn. */
  #nextUnproven(): void {
    for (const lane of this.#lanes.values()) {
      if (this.#unproven >= UNPROVEN_AT_ONCE) return;
      if (lane.waiting > 0 && lane.destination.isUserChosen && !lane.isProven) this.#next(lane);
    }
  }

  /** Resolves when the lanes close, whatever the sender does then. */
  async #send(target: PushTarget, push: Push): Promise<PushResult> {
    const { signal } = this.#stop;
    try {
      const result = await untilAborted(this.#options.sender.send(target, push, signal), signal);
      if (result.outcome === "retry" && result.unreachable) this.#pause(target);
      return result;
    } catch (error) {
      return retry(`The push service failed: ${(error as Error).name}`);
    }
  }

  #pause(target: PushTarget): void {
    if (this.#paused.size >= MAX_PAUSED) deleteFirst(this.#paused);
    const address = addressOf(target);
    this.#paused.delete(address);
    this.#paused.set(address, this.#options.clock.now() + DEVICE_PAUSE_MS);
  }

  #laneOf(target: PushTarget): PushLane {
    const destination = destinationOf(target, this.#options.allowedOrigins);
    const { key } = destination;
    const lane = this.#lanes.get(key) ?? new PushLane(destination);
    this.#lanes.delete(key);
    this.#lanes.set(key, lane);
    if (this.#lanes.size > MAX_LANES) this.#dropIdle();
    return lane;
  }

  /** Lanes with work are kept; their number is bounded by the number of waiting pushes. */
  #dropIdle(): void {
    for (const [key, lane] of this.#lanes) {
      if (!lane.isIdle) continue;
      this.#lanes.delete(key);
      return;
    }
  }

  #flush(lane: PushLane): LaneJob[] {
    const jobs = lane.flush();
    this.#waiting -= jobs.length;
    return jobs;
  }
}

function addressOf(target: PushTarget): string {
  return target.kind === "fcm" ? target.token : target.endpoint;
}

function paused({ destination }: PushLane, waitMs: number): PushResult {
  return retry(`The push service ${destination.key} does not respond; sending is paused`, waitMs);
}

function deleteFirst<K>(map: Map<K, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
