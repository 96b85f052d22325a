import { createHash } from "node:crypto";
import { type Clock, systemClock } from "../core/clock.ts";
import { newId } from "../core/ids.ts";
import type { Log } from "../core/log.ts";
import type { RateDecision, RateLimiter } from "./rate_limiter.ts";
import type { Rate } from "./rate_limits.ts";
import { decide, usesAt, windowOf } from "./sliding_window.ts";

export interface KvRateLimiterOptions {
  kv: Deno.Kv;
  log: Log;
  clock?: Clock;
  /** Buckets remembered here at most. */
  maxBuckets?: number;
}

/** What this instance knows of a bucket. */
interface Bucket {
  readonly rate: Rate;
  window: number;
  own: { current: number; previous: number };
  others: { current: number; previous: number };
}

/**
 * Limits up to this guard secrets and are used rarely: each use is shared at once. Wider ones are
 * for what is done often, and are shared in the background, once a good part is used up here.
 */
const SHARED_AT_ONCE = 100;
/** Below this share of a wide limit nothing is shared: that many instances cannot exceed it together. */
const QUIET_SHARE = 1 / 16;
const SHARE_EVERY_MS = 1_000;
/** A login waits no longer for a KV that is slow. */
const PATIENCE_MS = 300;
/** After a failure, KV is left alone for so long. */
const PAUSE_MS = 5_000;

/**
 * Limits that hold over all instances together. Each instance counts by itself and writes what it has
 * counted under a key of its own, so nothing ever conflicts; the sum is read. The usual request
 * touches nothing but memory. While KV is out of reach each instance limits alone.
 */
export class KvRateLimiter implements RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #instance = newId();
  readonly #clock: Clock;
  readonly #maxBuckets: number;
  readonly #toShare = new Set<string>();
  readonly #timer: ReturnType<typeof setInterval>;
  #pausedUntil = 0;
  #sharing: Promise<void> = Promise.resolve();

  constructor(private readonly options: KvRateLimiterOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#maxBuckets = options.maxBuckets ?? 100_000;
    this.#timer = setInterval(() => this.#shareAll(), SHARE_EVERY_MS);
  }

  take(name: string, rate: Rate): RateDecision | Promise<RateDecision> {
    const bucket = this.#bucket(name, rate);
    const now = this.#clock.now();
    if (rate.count <= SHARED_AT_ONCE) return this.#takeShared(name, bucket);
    const decision = this.#decide(bucket, now);
    if (decision.allowed) bucket.own.current++;
    const uses = usesAt(now, rate, bucket.own);
    if (uses > rate.count * QUIET_SHARE) this.#toShare.add(name);
    return decision;
  }

  giveBack(name: string, rate: Rate): void | Promise<void> {
    const bucket = this.#bucket(name, rate);
    bucket.own.current = Math.max(0, bucket.own.current - 1);
    if (rate.count <= SHARED_AT_ONCE) return this.#publish(name, bucket);
  }

  /** Waits for what is under way; KV itself is closed by whoever opened it. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sharing;
  }

  /** Counted first and read then: of two instances at once, each sees the other's use. */
  async #takeShared(name: string, bucket: Bucket): Promise<RateDecision> {
    bucket.own.current++;
    await this.#publish(name, bucket);
    await this.#read(name, bucket);
    this.#roll(bucket);
    const counted = bucket.own.current > 0 ? 1 : 0;
    bucket.own.current -= counted;
    const decision = this.#decide(bucket, this.#clock.now());
    if (decision.allowed) bucket.own.current += counted;
    else await this.#publish(name, bucket);
    return decision;
  }

  #decide(bucket: Bucket, now: number): RateDecision {
    const { own, others, rate } = bucket;
    return decide(now, rate, {
      current: own.current + others.current,
      previous: own.previous + others.previous,
    });
  }

  #bucket(name: string, rate: Rate): Bucket {
    let bucket = this.#buckets.get(name);
    if (!bucket) {
      if (this.#buckets.size >= this.#maxBuckets) this.#makeRoom();
      bucket = { rate, window: windowOf(this.#clock.now(), rate), own: none(), others: none() };
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
    bucket.own = rolled(bucket.own);
    bucket.others = rolled(bucket.others);
    bucket.window = window;
  }

  #publish(name: string, bucket: Bucket): Promise<void> {
    const { window, own, rate } = bucket;
    const key = ["rate", keyOf(name), window, this.#instance];
    return this.#ask(async () => {
      await this.options.kv.set(key, own.current, { expireIn: rate.periodMs * 2 });
    });
  }

  #read(name: string, bucket: Bucket): Promise<void> {
    const { window } = bucket;
    const prefix = ["rate", keyOf(name)];
    const range = { start: [...prefix, window - 1], end: [...prefix, window + 1] };
    return this.#ask(async () => {
      const others = none();
      for await (const { key, value } of this.options.kv.list<number>(range)) {
        if (key[3] === this.#instance) continue;
        others[key[2] === window ? "current" : "previous"] += value;
      }
      if (bucket.window === window) bucket.others = others;
    });
  }

  /** What fails or takes too long is let be: a limiter may be lenient, and may not stop the service. */
  async #ask(call: () => Promise<void>): Promise<void> {
    if (performance.now() < this.#pausedUntil) return;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error("no answer in time")), PATIENCE_MS);
    try {
      await Promise.race([call(), late]);
    } catch (error) {
      this.#pausedUntil = performance.now() + PAUSE_MS;
      this.options.log.warn("Rate limits are counted by this instance alone for now", { error });
    } finally {
      clearTimeout(timer);
    }
  }

  #shareAll(): void {
    const names = [...this.#toShare];
    this.#toShare.clear();
    if (names.length === 0) return;
    this.#sharing = this.#sharing.then(async () => {
      for (const name of names) {
        const bucket = this.#buckets.get(name);
        if (!bucket) continue;
        this.#roll(bucket);
        await this.#publish(name, bucket);
        await this.#read(name, bucket);
      }
    });
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

function none() {
  return { current: 0, previous: 0 };
}

/** Bucket names hold addresses and e-mail keys, which are nobody's business in KV; and it is short. */
function keyOf(name: string): string {
  return createHash("sha256").update(name).digest("base64url").slice(0, 22);
}
