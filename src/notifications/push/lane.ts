import { CircuitBreaker } from "../../core/circuit_breaker.ts";
import type { PushDestination } from "./destination.ts";
import type { PushResult } from "./sender.ts";

export interface LaneJob {
  /** The device's user: the devices of one user hold only a share of a lane. */
  ownerId: string;
  run(): Promise<PushResult>;
  resolve(result: PushResult): void;
}

/** Maximum number of one user's pushes that a lane sends concurrently, and that may wait in it. */
const OWNER_AT_ONCE = 2;
const OWNER_WAITING = 100;
const LANE_WAITING = 2_000;

/** The queue of one destination, independent of all other destinations. */
export class PushLane {
  readonly breaker = new CircuitBreaker();
  /**
   * True if it has accepted a push since it last failed: it then needs no slot among the unproven
   * lanes.
   */
  isProven = false;
  active = 0;
  readonly #waiting: LaneJob[] = [];
  readonly #activeOf = new Map<string, number>();
  readonly #waitingOf = new Map<string, number>();

  constructor(readonly destination: PushDestination) {}

  get isIdle(): boolean {
    return this.active === 0 && this.#waiting.length === 0;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Returns false if the queue, or the user's share of it, is full. */
  add(job: LaneJob): boolean {
    const own = this.#waitingOf.get(job.ownerId) ?? 0;
    if (this.#waiting.length >= LANE_WAITING || own >= OWNER_WAITING) return false;
    this.#waiting.push(job);
    this.#waitingOf.set(job.ownerId, own + 1);
    return true;
  }

  /**
   * Removes and returns the first job whose user has a free slot; undefined if there is none, or no
   * slot.
   */
  next(atOnce: number): LaneJob | undefined {
    if (this.active >= this.breaker.concurrency(atOnce)) return undefined;
    const at = this.#waiting.findIndex(({ ownerId }) =>
      (this.#activeOf.get(ownerId) ?? 0) < OWNER_AT_ONCE
    );
    if (at < 0) return undefined;
    const [job] = this.#waiting.splice(at, 1);
    this.#count(this.#waitingOf, job.ownerId, -1);
    this.#count(this.#activeOf, job.ownerId, 1);
    this.active++;
    return job;
  }

  done(job: LaneJob): void {
    this.active--;
    this.#count(this.#activeOf, job.ownerId, -1);
  }

  /** Removes and returns all waiting jobs. */
  flush(): LaneJob[] {
    this.#waitingOf.clear();
    return this.#waiting.splice(0);
  }

  #count(counts: Map<string, number>, ownerId: string, change: number): void {
    const count = (counts.get(ownerId) ?? 0) + change;
    if (count > 0) counts.set(ownerId, count);
    else counts.delete(ownerId);
  }
}
