import { createHash } from "node:crypto";
import { type Clock, systemClock } from "../../core/clock.ts";
import { forEachOf } from "../../core/concurrency.ts";
import { newId } from "../../core/ids.ts";
import type { Log } from "../../core/log.ts";
import type { RateDecision, RateLimiter } from "../rate_limiter.ts";
import type { Rate } from "../../api/rate_limits.ts";
import { decide, usesAt, type WindowCounts, windowOf } from "./sliding_window.ts";

/** The uses of one bucket in one window, as one instance counts them. */
export interface InstanceCount {
  instance: string;
  /** Short, and says nothing of whom it is about. */
  bucket: string;
  window: number;
  /** All uses in the window. */
  uses: number;
  /** Those of them that were not written yet; less than 0 where uses were given back. */
  added: number;
  /** How long the row may matter to anyone. */
  keepMs: number;
}

/** Where instances write what they have counted. */
export interface RateTable {
  write(count: InstanceCount): Promise<void>;
  /** What all instances but `instance` have written for the window and the one before it. */
  others(of: Pick<InstanceCount, "instance" | "bucket" | "window">): Promise<WindowCounts>;
}

export interface SharedRateLimiterOptions {
  table: RateTable;
  log: Log;
  clock?: Clock;
  /** Buckets remembered here at most. */
  maxBuckets?: number;
  /** How long a request waits for the table before this instance decides alone. */
  patienceMs?: number;
}

/** What the table does not hold yet. */
type Unwritten = Pick<InstanceCount, "window" | "uses" | "added">;

/** What this instance knows of a bucket. */
interface Bucket {
  readonly rate: Rate;
  window: number;
  own: WindowCounts;
  others: WindowCounts;
  /** How many uses of this window were written. */
  written: number;
  /** What the window before had still to write when it ended. */
  leftOver: Unwritten | null;
  /** The last write that began, and the one that waits for it. */
  writing: Promise<void>;
  nextWrite: Promise<void> | null;
}

/**
 * Limits up to this guard secrets and are used rarely: each use is shared at once. Wider ones are
 * for what is done often, and are shared in the background, once a good part is used up here.
 */
const SHARED_AT_ONCE = 100;
/** Below this share of a wide limit nothing is shared: that many instances cannot exceed it together. */
const QUIET_SHARE = 1 / 16;
const SHARE_EVERY_MS = 1_000;
/** Buckets that are shared in the background at the same time. */
const SHARED_TOGETHER = 16;
/** After a failure, the table is left alone for so long. */
const PAUSE_MS = 5_000;

/**
 * Limits that hold over all instances together. Each instance counts by itself and writes what it has
 * counted in a place of its own, so nothing ever conflicts; the sum is read. The usual request
 * touches nothing but memory. While the table is out of reach each instance limits alone.
 */
export class SharedRateLimiter implements RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #instance = newId();
  readonly #clock: Clock;
  readonly #maxBuckets: number;
  readonly #patienceMs: number;
  readonly #toShare = new Set<string>();
  readonly #timer: ReturnType<typeof setInterval>;
  #pausedUntil = 0;
  #sharing: Promise<void> | null = null;

  constructor(private readonly options: SharedRateLimiterOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#maxBuckets = options.maxBuckets ?? 100_000;
    this.#patienceMs = options.patienceMs ?? 300;
    this.#timer = setInterval(() => this.#shareNow(), SHARE_EVERY_MS);
  }

  take(name: string, rate: Rate): RateDecision | Promise<RateDecision> {
    const bucket = this.#bucket(name, rate);
    const now = this.#clock.now();
    if (rate.count <= SHARED_AT_ONCE) {
      // What was counted here is enough to refuse: whoever goes on nevertheless costs the table nothing.
      const usedUp = !decide(now, rate, bucket.own).allowed;
      return usedUp ? this.#decide(bucket, now) : this.#takeShared(name, bucket);
    }
    const decision = this.#decide(bucket, now);
    if (decision.allowed) bucket.own.current++;
    const uses = usesAt(now, rate, bucket.own);
    if (uses > rate.count * QUIET_SHARE) this.#toShare.add(name);
    return decision;
  }

  refund(name: string, rate: Rate): void | Promise<void> {
    const bucket = this.#bucket(name, rate);
    bucket.own.current = Math.max(0, bucket.own.current - 1);
    if (rate.count <= SHARED_AT_ONCE) return this.#write(name, bucket);
  }

  /** Waits for what is under way; what the table is in is closed by whoever opened it. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sharing;
  }

  /**
   * Counted first and read then: of two instances at once, each sees the other's use. Of several at once
   * here, each counts those that came before it.
   */
  async #takeShared(name: string, bucket: Bucket): Promise<RateDecision> {
    const before = bucket.own.current++;
    await this.#write(name, bucket);
    const { window } = bucket;
    const read = await this.#read(name, bucket);
    this.#roll(bucket);
    const others = bucket.window === window ? read : bucket.others;
    const counted = bucket.own.current > 0 ? 1 : 0;
    const own = { ...bucket.own, current: Math.min(before, bucket.own.current - counted) };
    const decision = this.#decide(bucket, this.#clock.now(), own, others);
    if (!decision.allowed) {
      bucket.own.current -= counted;
      await this.#write(name, bucket);
    }
    return decision;
  }

  #decide(bucket: Bucket, now: number, own = bucket.own, others = bucket.others): RateDecision {
    return decide(now, bucket.rate, {
      current: own.current + others.current,
      previous: own.previous + others.previous,
    });
  }

  #bucket(name: string, rate: Rate): Bucket {
    let bucket = this.#buckets.get(name);
    if (!bucket) {
      if (this.#buckets.size >= this.#maxBuckets) this.#makeRoom();
      const window = windowOf(this.#clock.now(), rate);
      bucket = {
        ...{ rate, window, own: none(), others: none(), written: 0 },
        ...{ leftOver: null, writing: Promise.resolve(), nextWrite: null },
      };
      this.#buckets.set(name, bucket);
    }
    this.#roll(bucket);
    return bucket;
  }

  /** Into the window of now. */
  #roll(bucket: Bucket): void {
    const window = windowOf(this.#clock.now(), bucket.rate);
    const passed = window - bucket.window;
    if (passed === 0) return;
    const rolled = ({ current }: { current: number }) => ({
      current: 0,
      previous: passed === 1 ? current : 0,
    });
    bucket.leftOver = passed === 1 ? unwrittenOf(bucket) : null;
    bucket.own = rolled(bucket.own);
    bucket.others = rolled(bucket.others);
    bucket.window = window;
    bucket.written = 0;
  }

  /** One at a time, the next one for all who wait: of two on their way the older could arrive last. */
  #write(name: string, bucket: Bucket): Promise<void> {
    return bucket.nextWrite ??= bucket.writing.then(() => {
      bucket.nextWrite = null;
      return bucket.writing = this.#writeNow(name, bucket);
    });
  }

  #writeNow(name: string, bucket: Bucket): Promise<void> {
    return this.#ask(async () => {
      const identity = { instance: this.#instance, bucket: keyOf(name) };
      const keepMs = bucket.rate.periodMs * 2;
      for (const count of takeUnwritten(bucket)) {
        await this.options.table.write({ ...identity, ...count, keepMs });
      }
    });
  }

  /** What the others have counted, as of now; or as it is known, if they cannot be asked. */
  async #read(name: string, bucket: Bucket): Promise<WindowCounts> {
    const { window } = bucket;
    let others = bucket.others;
    await this.#ask(async () => {
      others = await this.options.table.others({
        instance: this.#instance,
        bucket: keyOf(name),
        window,
      });
    });
    if (bucket.window === window) bucket.others = others;
    return others;
  }

  /** What fails or takes too long is let be: a limiter may be lenient, and may not stop the service. */
  async #ask(call: () => Promise<void>): Promise<void> {
    if (performance.now() < this.#pausedUntil) return;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error("no answer in time")), this.#patienceMs);
    try {
      await Promise.race([call(), late]);
    } catch (error) {
      this.#pausedUntil = performance.now() + PAUSE_MS;
      this.options.log.warn("Rate limits are counted by this instance alone for now", { error });
    } finally {
      clearTimeout(timer);
    }
  }

  /** One round after the other: where the table is slow, the next one takes what has piled up. */
  #shareNow(): void {
    if (this.#sharing || this.#toShare.size === 0) return;
    const names = [...this.#toShare];
    this.#toShare.clear();
    this.#sharing = forEachOf(names, SHARED_TOGETHER, (name) => this.#share(name))
      .finally(() => this.#sharing = null);
  }

  async #share(name: string): Promise<void> {
    const bucket = this.#buckets.get(name);
    if (!bucket) return;
    this.#roll(bucket);
    await this.#write(name, bucket);
    await this.#read(name, bucket);
  }

  /** Those that are empty again first, then those that were made first; a tenth at a time. */
  #makeRoom(): void {
    for (const [name, bucket] of this.#buckets) {
      this.#roll(bucket);
      if (bucket.own.current + bucket.own.previous === 0) this.#buckets.delete(name);
    }
    let excess = this.#buckets.size - Math.floor(this.#maxBuckets * 0.9);
    for (const name of this.#buckets.keys()) {
      if (excess-- <= 0) return;
      this.#buckets.delete(name);
    }
  }
}

function unwrittenOf({ window, own: { current: uses }, written }: Bucket): Unwritten | null {
  return uses === written ? null : { window, uses, added: uses - written };
}

/**
 * Of the window before too, if it ended before all was written. It counts as written even if that fails:
 * it may have arrived nevertheless, and to be lenient is better than too strict.
 */
function takeUnwritten(bucket: Bucket): Unwritten[] {
  const counts = [bucket.leftOver, unwrittenOf(bucket)].filter((count) => count !== null);
  bucket.leftOver = null;
  bucket.written = bucket.own.current;
  return counts;
}

function none(): WindowCounts {
  return { current: 0, previous: 0 };
}

/** Bucket names hold addresses and e-mail keys, which are nobody's business in a shared table; and it is short. */
function keyOf(name: string): string {
  return createHash("sha256").update(name).digest("base64url").slice(0, 22);
}
