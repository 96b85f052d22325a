import { createHash } from "node:crypto";
import { AppError } from "../core/errors.ts";
import type { Visitor } from "../model/caller.ts";
import { networkOf } from "../operations/rate_key.ts";
import type { RateLimiter } from "../operations/rate_limiter.ts";
import type { Rate } from "../operations/rate_limits.ts";
import type { Store } from "../store/store.ts";

const MINUTE = 60_000;

/** Failures, by kind of secret: from one network, and from everywhere together. */
const RATES: Record<SecretKind, { network: Rate; account: Rate }> = {
  password: {
    network: { count: 10, periodMs: 15 * MINUTE },
    account: { count: 100, periodMs: 60 * MINUTE },
  },
  second_factor: {
    network: { count: 10, periodMs: 15 * MINUTE },
    account: { count: 20, periodMs: 60 * MINUTE },
  },
};

type Bucket = [name: string, rate: Rate];

export type SecretKind = "password" | "second_factor";

/** Whose secret is tried. */
export interface Guarded {
  /**
   * What is counted. Where a name was typed it is that name, whether or not there is such an account:
   * were the account counted instead, its count would tell which address belongs to which name.
   */
  name: string;
  /** Null where there is no such account. */
  userId: string | null;
}

/**
 * Slows down who guesses at one account's secrets. Only failures count, by name and network, so that a
 * stranger cannot shut the owner out; a wide limit by name alone stops those who come from many
 * networks at once, and does not hold where the owner has signed in before.
 */
export class AttemptGuard {
  constructor(
    private readonly limiter: RateLimiter,
    private readonly store: Pick<Store, "sessions">,
  ) {}

  /**
   * Runs `check`, whose refusal (`unauthenticated`) counts. The try is taken before, and given back
   * when it was no failure: of many at once, no more than the limit get to look.
   */
  async guard<T>(
    kind: SecretKind,
    account: Guarded,
    visitor: Visitor,
    check: () => Promise<T>,
  ): Promise<T> {
    const taken = await this.#take(this.#buckets(kind, account, visitor), account, visitor);
    try {
      const result = await check();
      await this.#giveBack(taken);
      return result;
    } catch (error) {
      const failed = error instanceof AppError && error.code === "unauthenticated";
      if (!failed) await this.#giveBack(taken);
      throw error;
    }
  }

  /** Counts a use that is no failure (a mail that is asked for, say). False when it is too much. */
  async allows(bucket: string, rate: Rate): Promise<boolean> {
    return (await this.limiter.take(bucket, rate)).allowed;
  }

  #buckets(kind: SecretKind, { name }: Guarded, visitor: Visitor): [near: Bucket, wide: Bucket] {
    const { network, account: wide } = RATES[kind];
    // A hash: a name of the caller's own making could otherwise spell another's bucket.
    const hash = createHash("sha256").update(name).digest("base64url");
    return [
      [`${kind}_failures:${hash}:${networkOf(visitor.address)}`, network],
      [`${kind}_failures:${hash}`, wide],
    ];
  }

  /** The buckets that were taken from. */
  async #take(
    [near, wide]: [near: Bucket, wide: Bucket],
    account: Guarded,
    visitor: Visitor,
  ): Promise<Bucket[]> {
    const first = await this.limiter.take(...near);
    if (!first.allowed) throw tooMany(first.retryAfterMs);
    const second = await this.limiter.take(...wide);
    if (second.allowed) return [near, wide];
    if (await this.#isKnown(account, visitor)) return [near];
    await this.limiter.giveBack(...near);
    throw tooMany(second.retryAfterMs);
  }

  async #giveBack(buckets: Bucket[]): Promise<void> {
    for (const bucket of buckets) await this.limiter.giveBack(...bucket);
  }

  /** Whether the account was signed in to from this network, as far as sessions are kept. */
  async #isKnown({ userId }: Guarded, { address }: Visitor): Promise<boolean> {
    if (userId === null) return false;
    const network = networkOf(address);
    const sessions = await this.store.sessions.ofUser(userId);
    return sessions.some((session) => networkOf(session.address) === network);
  }
}

function tooMany(retryAfterMs: number): AppError {
  const retryAfter = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return new AppError(
    "rate_limited",
    `Signing in: there were too many wrong tries; try again in ${retryAfter} s`,
    { retryAfter },
  );
}
