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

/** Pushes at once to a service that the operator or a browser's vendor runs, and to any other. */
const SERVICE_AT_ONCE = 32;
const USER_CHOSEN_AT_ONCE = 2;
/** Pushes at once to all hosts that users named and that have not taken a push yet. */
const UNPROVEN_AT_ONCE = 16;
/** Pushes that wait, over all lanes; past it they are tried again later. */
const MAX_WAITING = 5_000;
const FULL_WAIT_MS = 10_000;
/** A device that did not answer in time is left alone for this long. */
const DEVICE_PAUSE_MS = 30_000;
/** Lanes and paused devices that are remembered; the oldest ones are forgotten. */
const MAX_LANES = 1_000;
const MAX_PAUSED = 10_000;

/**
 * Sends pushes, each destination in a lane of its own: a host that never answers holds places of its own
 * lane only, for as long as a timeout, and soon none, for its breaker opens. Everything is bounded: pushes at
 * once and waiting, by lane, by person and in total.
 */
export class PushLanes {
  readonly #options: Required<PushLanesOptions>;
  readonly #lanes = new Map<string, PushLane>();
  /** Until when a device that timed out is left alone, by its address. */
  readonly #paused = new Map<string, number>();
  readonly #stop = new AbortController();
  #unproven = 0;
  #waiting = 0;

  constructor(options: PushLanesOptions) {
    this.#options = { allowedOrigins: [], ...options };
  }

  /** Never throws. A push that finds its lane full or its breaker open is to be retried. */
  deliver(ownerId: string, target: PushTarget, push: Push): Promise<PushResult> {
    const now = this.#options.clock.now();
    if (this.#stop.signal.aborted) return Promise.resolve(retry("The server is stopping"));
    const pausedMs = (this.#paused.get(addressOf(target)) ?? 0) - now;
    if (pausedMs > 0) {
      return Promise.resolve(retry("The device did not answer a moment ago", pausedMs));
    }
    const lane = this.#laneOf(target);
    const waitMs = lane.breaker.waitMs(now);
    if (waitMs > 0) return Promise.resolve(paused(lane, waitMs));
    return new Promise((resolve) => {
      const run = () => this.#send(target, push);
      if (this.#waiting < MAX_WAITING && lane.add({ ownerId, run, resolve })) {
        this.#waiting++;
        this.#next(lane);
      } else resolve(retry("Too many pushes wait for the push service", FULL_WAIT_MS));
    });
  }

  /** Aborts what is under way and returns what waits; all of it resolves as `retry`. */
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

  /** In the order of their last use, so that each has its turn. */
  #nextUnproven(): void {
    for (const lane of this.#lanes.values()) {
      if (this.#unproven >= UNPROVEN_AT_ONCE) return;
      if (lane.waiting > 0 && lane.destination.isUserChosen && !lane.isProven) this.#next(lane);
    }
  }

  /** Ends with the stop, whatever the sender does then. */
  async #send(target: PushTarget, push: Push): Promise<PushResult> {
    const { signal } = this.#stop;
    try {
      const result = await untilAborted(this.#options.sender.send(target, push, signal), signal);
      if (result.outcome === "retry" && result.unreachable) this.#pause(target);
      return result;
    } catch (error) {
      return retry(`Sending failed: ${(error as Error).name}`);
    }
  }

  #pause(target: PushTarget): void {
    if (this.#paused.size >= MAX_PAUSED) forgetFirst(this.#paused);
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
    if (this.#lanes.size > MAX_LANES) this.#forgetIdle();
    return lane;
  }

  /** A lane that has work stays; its number is bounded by the pushes that may wait. */
  #forgetIdle(): void {
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
  return retry(`The push service ${destination.key} does not answer; it is left alone`, waitMs);
}

function forgetFirst<K>(map: Map<K, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
