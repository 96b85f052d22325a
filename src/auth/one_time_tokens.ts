import { createHash } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import type { OneTimePurpose, OneTimeToken } from "../model/one_time_token.ts";
import type { Store } from "../store/store.ts";
import { randomToken } from "./random_token.ts";

const MINUTE = 60_000;

/** Lifetimes in milliseconds. A link waits in a mailbox; a second factor is typed at once. */
export const LIFETIMES: Readonly<Record<OneTimePurpose, number>> = {
  verify_email: 24 * 60 * MINUTE,
  change_email: 60 * MINUTE,
  reset_password: 60 * MINUTE,
  second_factor: 5 * MINUTE,
  oauth_state: 10 * MINUTE,
  undo_email: 7 * 24 * 60 * MINUTE,
  held_email: 7 * 24 * 60 * MINUTE,
  held_username: 30 * 24 * 60 * MINUTE,
};

/** Attempts per challenge, because codes of six digits can be guessed. */
const SECOND_FACTOR_ATTEMPTS = 5;

/**
 * Short-lived secrets that work once: 256 random bits, of which only a hash is stored, so that a
 * reader of the database cannot use them. The hash includes the purpose, so that a token cannot be
 * used for another purpose.
 */
export class OneTimeTokens {
  constructor(
    private readonly store: Pick<Store, "oneTimeTokens">,
    private readonly clock: Clock,
  ) {}

  /** Returns the token itself, which is not stored and cannot be read again. */
  async issue(
    purpose: OneTimePurpose,
    userId: string | null,
    data: Record<string, string> = {},
  ): Promise<string> {
    const token = randomToken();
    await this.put(purpose, token, userId, data);
    return token;
  }

  /**
   * Stores a token under a name that the caller chose, for entries that are looked up and not
   * handed out.
   */
  async put(
    purpose: OneTimePurpose,
    token: string,
    userId: string | null,
    data: Record<string, string> = {},
  ): Promise<void> {
    const createdAt = this.clock.now();
    await this.store.oneTimeTokens.create({
      id: idOf(purpose, token),
      purpose,
      userId,
      data,
      attemptsLeft: purpose === "second_factor" ? SECOND_FACTOR_ATTEMPTS : 1,
      createdAt,
      expiresAt: createdAt + LIFETIMES[purpose],
    });
  }

  /** Returns the token's entry without using it up. */
  peek(purpose: OneTimePurpose, token: string): Promise<OneTimeToken | null> {
    return this.store.oneTimeTokens.byId(idOf(purpose, token), this.clock.now());
  }

  /** Uses up the token; returns null if it was used, has expired, or never existed. */
  consume(purpose: OneTimePurpose, token: string): Promise<OneTimeToken | null> {
    return this.store.oneTimeTokens.consume(idOf(purpose, token), this.clock.now());
  }

  /** Counts one attempt, before it is known whether it succeeds; returns null if none is left. */
  attempt(purpose: OneTimePurpose, token: string): Promise<OneTimeToken | null> {
    return this.store.oneTimeTokens.attempt(idOf(purpose, token), this.clock.now());
  }

  async deleteForUser(userId: string, ...purposes: OneTimePurpose[]): Promise<void> {
    await this.store.oneTimeTokens.deleteForUser(userId, purposes);
  }
}

function idOf(purpose: OneTimePurpose, token: string): string {
  return createHash("sha256").update(`${purpose}\0${token}`).digest("base64url");
}
