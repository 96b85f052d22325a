import { createHash } from "node:crypto";
import { AppError } from "../core/errors.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import { networkOf } from "../operations/rate_key.ts";
import type { RateLimiter } from "../cluster/rate_limiter.ts";
import type { Rate } from "../api/rate_limits.ts";
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
   * What was typed, or `personName` where nothing was. It is counted whether or not there is such an
   * account: were the account alone counted, its count would tell which address belongs to which name.
   */
  name: string;
  /** Null where there is no such account. */
  userId: string | null;
  /** The device or the session, where it is known to be the account's. */
  knownAs?: string | null;
  /** Refuses as a wrong secret is refused, with as much work; `unauthenticated`. */
  refuse?: () => Promise<never>;
}

/** The buckets that a try has taken from; `refused` where it must look like a wrong one. */
interface Taken {
  buckets: Bucket[];
  refused: boolean;
}

/**
 * Slows down guesses at one account's secrets. Only failures count. Strangers share a budget by network,
 * and a wide one from everywhere: by the name that they type, and by the person, whichever of their names
 * is typed. A known device has a budget of its own, so strangers cannot shut the owner out (OWASP, "Slow
 * down online guessing attacks with device cookies"); its failures count for the person too.
 */
export class BruteForceGuard {
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
    const { buckets, refused } = account.knownAs
      ? await this.#takeKnown(kind, account, visitor)
      : await this.#takeStranger(kind, account, visitor);
    try {
      const result = await (refused && account.refuse ? account.refuse() : check());
      await this.#refund(buckets);
      return result;
    } catch (error) {
      const failed = error instanceof AppError && error.code === "unauthenticated";
      if (!failed) await this.#refund(buckets);
      throw error;
    }
  }

  async #takeKnown(kind: SecretKind, account: Guarded, visitor: Visitor): Promise<Taken> {
    const { network, account: wide } = RATES[kind];
    const own: Bucket = [`${kind}_failures:known:${hashOf(account.knownAs!)}`, network];
    const { allowed, retryAfterMs } = await this.limiter.take(...own);
    if (!allowed) throw tooMany(retryAfterMs);
    const buckets = [own];
    const shared = bucketsOf(kind, personName(account.userId!), visitor, network, wide);
    for (const bucket of shared) {
      if ((await this.limiter.take(...bucket)).allowed) buckets.push(bucket);
    }
    return { buckets, refused: false };
  }

  async #takeStranger(kind: SecretKind, account: Guarded, visitor: Visitor): Promise<Taken> {
    const { network, account: wide } = RATES[kind];
    const byName = bucketsOf(kind, account.name, visitor, network, wide);
    const { buckets, retryAfterMs } = await this.#take(byName, account, visitor);
    if (retryAfterMs !== null) throw tooMany(retryAfterMs);
    if (account.userId === null || account.name === personName(account.userId)) {
      return { buckets, refused: false };
    }
    const byPerson = bucketsOf(kind, personName(account.userId), visitor, network, wide);
    const person = await this.#take(byPerson, account, visitor);
    // To say so would tell that this name and another one are the same person's.
    return { buckets: [...buckets, ...person.buckets], refused: person.retryAfterMs !== null };
  }

  /** The buckets that were taken from, or after how long one more would be allowed. */
  async #take(
    [near, wide]: [near: Bucket, wide: Bucket],
    account: Guarded,
    visitor: Visitor,
  ): Promise<{ buckets: Bucket[]; retryAfterMs: number | null }> {
    const first = await this.limiter.take(...near);
    if (!first.allowed) return { buckets: [], retryAfterMs: first.retryAfterMs };
    const second = await this.limiter.take(...wide);
    if (second.allowed) return { buckets: [near, wide], retryAfterMs: null };
    if (await this.#isKnownNetwork(account, visitor)) {
      return { buckets: [near], retryAfterMs: null };
    }
    await this.limiter.refund(...near);
    return { buckets: [], retryAfterMs: second.retryAfterMs };
  }

  async #refund(buckets: Bucket[]): Promise<void> {
    for (const bucket of buckets) await this.limiter.refund(...bucket);
  }

  /** Whether the account was signed in to from this network, as far as sessions are kept. */
  async #isKnownNetwork({ userId }: Guarded, { address }: Visitor): Promise<boolean> {
    if (userId === null) return false;
    const network = networkOf(address);
    const sessions = await this.store.sessions.ofUser(userId);
    return sessions.some((session) => networkOf(session.address) === network);
  }
}

/** Name to count attempts under when no name was typed. A typed name never contains U+0000. */
export function personName(userId: string): string {
  return `person\0${userId}`;
}

/** A session is a known device of its account. */
export function sessionName({ sessionId }: Caller): string {
  return `session:${sessionId}`;
}

function bucketsOf(
  kind: SecretKind,
  name: string,
  visitor: Visitor,
  near: Rate,
  wide: Rate,
): [near: Bucket, wide: Bucket] {
  const hash = hashOf(name);
  return [
    [`${kind}_failures:${hash}:${networkOf(visitor.address)}`, near],
    [`${kind}_failures:${hash}`, wide],
  ];
}

/** A name of the caller's own making could otherwise spell another's bucket. */
function hashOf(name: string): string {
  return createHash("sha256").update(name).digest("base64url");
}

function tooMany(retryAfterMs: number): AppError {
  const retryAfter = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return new AppError(
    "rate_limited",
    `Signing in: there were too many wrong tries; try again in ${retryAfter} s`,
    { retryAfter },
  );
}
