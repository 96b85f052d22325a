import { createHash } from "node:crypto";
import { AppError, rateLimited } from "../core/errors.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import { networkOf } from "../operations/rate_key.ts";
import type { RateLimiter } from "../cluster/rate_limiter.ts";
import type { Rate } from "../api/rate_limits.ts";
import type { Store } from "../store/store.ts";
import { NEWEST_SESSIONS } from "./sessions.ts";

const MINUTE = 60_000;

/** Allowed failures per kind of secret: from one network, and from all networks together. */
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

/** The account whose secret is tried. */
export interface Guarded {
  /**
   * The name that was typed, or `personName` where none was. Attempts are counted whether or not
   * such an account exists: if only existing accounts were counted, the count would reveal which
   * address belongs to which name.
   */
  name: string;
  /** Null if there is no such account. */
  userId: string | null;
  /** The device or session, if it is known to be the account's. */
  knownAs?: string | null;
  /** Refuses like a wrong secret does, with the same amount of work: throws `unauthenticated`. */
  refuse?: () => Promise<never>;
}

/** The buckets that an attempt consumed from; `refused` if it must look like a wrong secret. */
interface Attempt {
  buckets: Bucket[];
  refused: boolean;
}

/**
 * Slows down guesses at one account's secrets. Only failures count. Strangers share a budget per
 * network and a wider one for all networks, both counted twice: by the typed name, and by the
 * account, whichever of its names is typed. A known device has a separate budget, so that strangers
 * cannot lock the owner out (OWASP, "Slow down online guessing attacks with device cookies"); its
 * failures count for the account too.
 */
export class BruteForceGuard {
  constructor(
    private readonly limiter: RateLimiter,
    private readonly store: Pick<Store, "sessions">,
  ) {}

  /**
   * Runs `check`; only its refusal (`unauthenticated`) counts. The attempt is consumed before and
   * refunded if it did not fail, so that of many concurrent attempts no more than the limit are
   * checked.
   */
  async guard<T>(
    kind: SecretKind,
    account: Guarded,
    visitor: Visitor,
    check: () => Promise<T>,
  ): Promise<T> {
    const { buckets, refused } = account.knownAs
      ? await this.#consumeKnown(kind, account, visitor)
      : await this.#consumeStranger(kind, account, visitor);
    let failed = false;
    try {
      return await (refused && account.refuse ? account.refuse() : check());
    } catch (error) {
      failed = error instanceof AppError && error.code === "unauthenticated";
      throw error;
    } finally {
      if (!failed) await this.#refund(buckets);
    }
  }

  async #consumeKnown(kind: SecretKind, account: Guarded, visitor: Visitor): Promise<Attempt> {
    const { network, account: wide } = RATES[kind];
    const own: Bucket = [`${kind}_failures:known:${hashOf(account.knownAs!)}`, network];
    const { allowed, retryAfterMs } = await this.limiter.consume(...own);
    if (!allowed) throw tooMany(retryAfterMs);
    const buckets = [own];
    const shared = bucketsOf(kind, personName(account.userId!), visitor, network, wide);
    for (const bucket of shared) {
      if ((await this.limiter.consume(...bucket)).allowed) buckets.push(bucket);
    }
    return { buckets, refused: false };
  }

  async #consumeStranger(kind: SecretKind, account: Guarded, visitor: Visitor): Promise<Attempt> {
    const { network, account: wide } = RATES[kind];
    const byName = bucketsOf(kind, account.name, visitor, network, wide);
    const { buckets, retryAfterMs } = await this.#consume(byName, account, visitor);
    if (retryAfterMs !== null) throw tooMany(retryAfterMs);
    if (account.userId === null || account.name === personName(account.userId)) {
      return { buckets, refused: false };
    }
    const byPerson = bucketsOf(kind, personName(account.userId), visitor, network, wide);
    const person = await this.#consume(byPerson, account, visitor);
    // An error here would reveal that this name and another one belong to one account.
    return { buckets: [...buckets, ...person.buckets], refused: person.retryAfterMs !== null };
  }

  /**
   * Returns the buckets that were consumed from, or the milliseconds until another attempt is
   * allowed.
   */
  async #consume(
    [near, wide]: [near: Bucket, wide: Bucket],
    account: Guarded,
    visitor: Visitor,
  ): Promise<{ buckets: Bucket[]; retryAfterMs: number | null }> {
    const first = await this.limiter.consume(...near);
    if (!first.allowed) return { buckets: [], retryAfterMs: first.retryAfterMs };
    const second = await this.limiter.consume(...wide);
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

  /** True if one of the account's newest sessions was used from this network. */
  async #isKnownNetwork({ userId }: Guarded, { address }: Visitor): Promise<boolean> {
    if (userId === null) return false;
    const network = networkOf(address);
    const sessions = await this.store.sessions.ofUser(userId, NEWEST_SESSIONS);
    return sessions.some((session) => networkOf(session.address) === network);
  }
}

/**
 * Returns the name to count attempts under when no name was typed. A typed name never contains
 * U+0000.
 */
export function personName(userId: string): string {
  return `person\0${userId}`;
}

/** Returns the session as a known device of its account. */
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

/** Hashed, because a name chosen by the caller could otherwise form the key of another bucket. */
function hashOf(name: string): string {
  return createHash("sha256").update(name).digest("base64url");
}

function tooMany(retryAfterMs: number): AppError {
  return rateLimited("Cannot sign in: too many failed attempts", retryAfterMs);
}
