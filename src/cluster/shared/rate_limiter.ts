import { withDeadline } from "../../core/deadline.ts";
import { createHash } from "node:crypto";
import { type Clock, systemClock } from "../../core/clock.ts";
import { forEachOf } from "../../core/concurrency.ts";
import { newId } from "../../core/ids.ts";
import type { Log } from "../../core/log.ts";
import type { RateDecision, RateLimiter } from "../rate_limiter.ts";
import type { Rate } from "../../api/rate_limits.ts";
import { decide, usesAt, type WindowCounts, windowOf } from "./sliding_window.ts";

/** The uses of one bucket in one window, as counted by one instance. */
export interface InstanceCount {
  instance: string;
  /** A short hash, which does not reveal the user or address. */
  bucket: string;
  window: number;
  /** All uses in the window. */
  uses: number;
  /** Uses that were not written yet; negative if uses were refunded. */
  added: number;
  /** Milliseconds for which the row may matter to any instance. */
  keepMs: number;
}

/** Table in which instances write their counts. */
export interface RateTable {
  write(count: InstanceCount): Promise<void>;
  /** Returns the counts of all instances but `instance` for the window and the one before it. */
  others(of: Pick<InstanceCount, "instance" | "bucket" | "window">): Promise<WindowCounts>;
}

export interface SharedRateLimiterOptions {
  table: RateTable;
  log: Log;
  clock?: Clock;
  /** Maximum number of buckets in memory. */
  maxBuckets?: number;
  /** Milliseconds that a request waits for the table before this instance decides alone. */
  timeoutMs?: number;
}

/** Counts that the table does not have yet. */
type Unwritten = Pick<InstanceCount, "window" | "uses" | "added">;

/** State of a bucket in this instance. */
interface Bucket {
  readonly rate: Rate;
  window: number;
  own: WindowCounts;
  others: WindowCounts;
  /** Number of uses of this window that were written. */
  written: number;
  /** Counts of the previous window that were still unwritten when it ended. */
  leftOver: Unwritten | null;
  /** The last write that began, and the one that waits for it. */
  writing: Promise<void>;
  nextWrite: Promise<void> | null;
}

/**
 * Limits up to this size guard secrets and are used rarely: each use is shared at once. Larger
 * limits are for frequent actions, and are shared in the background, once a good part is used up on
 * this instance.
 */
const MAX_STRICT_COUNT = 100;
/**
 * Below this share of a large limit nothing is shared: that many instances cannot exceed it
 * together.
 */
const QUIET_SHARE = 1 / 16;
const SHARE_EVERY_MS = 1_000;
/** Maximum number of buckets shared in the background concurrently. */
const SHARES_AT_ONCE = 16;
/** After a failure, the table is not called for this long. */
const PAUSE_MS = 5_000;

/**
 * Enforces limits over all instances together. Each instance counts separately and writes its
 * counts to rows that no other instance writes, so nothing ever conflicts; the sum is read. The
 * usual request touches nothing but memory. While the table cannot be reached each instance limits
 * alone.
 */
export class SharedRateLimiter implements RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #instance = newId();
  readonly #clock: Clock;
  readonly #maxBuckets: number;
  readonly #timeoutMs: number;
  readonly #toShare = new Set<string>();
  readonly #timer: ReturnType<typeof setInterval>;
  #pausedUntil = 0;
  #sharing: Promise<void> | null = null;

  constructor(private readonly options: SharedRateLimiterOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#maxBuckets = options.maxBuckets ?? 100_000;
    this.#timeoutMs = options.timeoutMs ?? 300;
    this.#timer = setInterval(() => this.#shareNow(), SHARE_EVERY_MS);
  }

  consume(name: string, rate: Rate, asked = 1): RateDecision | Promise<RateDecision> {
    const bucket = this.#bucket(name, rate);
    const now = this.#clock.now();
    if (rate.count <= MAX_STRICT_COUNT) {
      // The local count is enough to refuse: a client that keeps trying costs the table nothing.
      const { counted } = decide(now, rate, bucket.own, asked);
      return counted === 0
        ? this.#decide(bucket, now, asked)
        : this.#consumeShared(name, bucket, counted);
    }
    const decision = this.#decide(bucket, now, asked);
    bucket.own.current += decision.counted;
    const uses = usesAt(now, rate, bucket.own);
    if (uses > rate.count * QUIET_SHARE) this.#toShare.add(name);
    return decision;
  }

  refund(name: string, rate: Rate): void | Promise<void> {
    const bucket = this.#bucket(name, rate);
    bucket.own.current = Math.max(0, bucket.own.current - 1);
    if (rate.count <= MAX_STRICT_COUNT) return this.#write(name, bucket);
  }

  /** Waits for the round under way; the table's connection is closed by the code that opened it. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sharing;
  }

  /**
   * Counts first and reads then: of two instances at once, each sees the other's uses. Of several
   * concurrent calls on this instance, each counts those that came before it.
   */
  async #consumeShared(name: string, bucket: Bucket, asked: number): Promise<RateDecision> {
    const before = bucket.own.current;
    bucket.own.current += asked;
    await this.#write(name, bucket);
    const { window } = bucket;
    const read = await this.#read(name, bucket);
    this.#roll(bucket);
    const others = bucket.window === window ? read : bucket.others;
    const added = Math.min(asked, bucket.own.current);
    const own = { ...bucket.own, current: Math.min(before, bucket.own.current - added) };
    const decision = this.#decide(bucket, this.#clock.now(), asked, own, others);
    const refused = asked - decision.counted;
    if (refused > 0) {
      bucket.own.current = Math.max(0, bucket.own.current - refused);
      await this.#write(name, bucket);
    }
    return decision;
  }

  #decide(
    bucket: Bucket,
    now: number,
    asked: number,
    own = bucket.own,
    others = bucket.others,
  ): RateDecision {
    const counts = {
      current: own.current + others.current,
      previous: own.previous + others.previous,
    };
    return decide(now, bucket.rate, counts, asked);
  }

  #bucket(name: string, rate: Rate): Bucket {
    let bucket = this.#buckets.get(name);
    if (!bucket) {
      if (this.#buckets.size >= this.#maxBuckets) this.#makeRoom();
      const window = windowOf(this.#clock.now(), rate);
      bucket = {
        rate,
        window,
        own: none(),
        others: none(),
        written: 0,
        leftOver: null,
        writing: Promise.resolve(),
        nextWrite: null,
      };
      this.#buckets.set(name, bucket);
    }
    this.#roll(bucket);
    return bucket;
  }

  /** Moves the bucket to the current window. */
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

  /**
   * Writes one at a time, the next one for all waiting calls: of two concurrent writes the older
   * could arrive last.
   */
  #write(name: string, bucket: Bucket): Promise<void> {
    return bucket.nextWrite ??= bucket.writing.then(() => {
      bucket.nextWrite = null;
      return bucket.writing = this.#writeNow(name, bucket);
    });
  }

  #writeNow(name: string, bucket: Bucket): Promise<void> {
    return this.#callTable(async () => {
      const identity = { instance: this.#instance, bucket: keyOf(name) };
      const keepMs = bucket.rate.periodMs * 2;
      for (const count of takeUnwritten(bucket)) {
        await this.options.table.write({ ...identity, ...count, keepMs });
      }
    });
  }

  /**
   * Returns the current counts of the others; or the last known ones, if the table cannot be read.
   */
  async #read(name: string, bucket: Bucket): Promise<WindowCounts> {
    const { window } = bucket;
    let others = bucket.others;
    await this.#callTable(async () => {
      others = await this.options.table.others({
        instance: this.#instance,
        bucket: keyOf(name),
        window,
      });
    });
    if (bucket.window === window) bucket.others = others;
    return others;
  }

  /**
   * Ignores calls that fail or take too long: a limiter may be lenient, and may not stop the
   * service.
   */
  async #callTable(call: () => Promise<void>): Promise<void> {
    if (performance.now() < this.#pausedUntil) return;
    try {
      await withDeadline(call(), this.#timeoutMs);
    } catch (error) {
      this.#pausedUntil = performance.now() + PAUSE_MS;
      this.options.log.warn("Rate limit table failed: this instance limits alone for now", {
        error,
      });
    }
  }

  /**
   * Runs one round at a time: if the table is slow, the next round takes everything that has piled
   * up.
   */
  #shareNow(): void {
    if (this.#sharing || this.#toShare.size === 0) return;
    const names = [...this.#toShare];
    this.#toShare.clear();
    this.#sharing = forEachOf(names, SHARES_AT_ONCE, (name) => this.#share(name))
      .finally(() => this.#sharing = null);
  }

  async #share(name: string): Promise<void> {
    const bucket = this.#buckets.get(name);
    if (!bucket) return;
    this.#roll(bucket);
    await this.#write(name, bucket);
    await this.#read(name, bucket);
  }

  /** Drops empty buckets first, then the oldest ones; a tenth at a time. */
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
 * Includes the previous window, if it ended before everything was written. Counts are marked as
 * written even if the write fails: it may have arrived nevertheless, and too lenient is better than
 * too strict.
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

/**
 * Hashes a bucket name: names contain addresses and e-mail keys, which must not be readable in a
 * shared table; and the hash is short.
 */
function keyOf(name: string): string {
  return createHash("sha256").update(name).digest("base64url").slice(0, 22);
}
