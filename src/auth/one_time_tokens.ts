import { createHash } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import type { OneTimePurpose, OneTimeToken } from "../model/one_time_token.ts";
import type { Store } from "../store/store.ts";
import { randomToken } from "./random_token.ts";

const MINUTE = 60_000;

/** How long each lives. A link waits in a mailbox; a second factor is typed at once. */
export const LIFETIMES: Readonly<Record<OneTimePurpose, number>> = {
  verify_email: 24 * 60 * MINUTE,
  change_email: 60 * MINUTE,
  reset_password: 60 * MINUTE,
  second_factor: 5 * MINUTE,
  oauth_state: 10 * MINUTE,
  undo_email: 7 * 24 * 60 * MINUTE,
  held_email: 7 * 24 * 60 * MINUTE,
};

/** Codes of six digits can be guessed: a challenge allows so many. */
const SECOND_FACTOR_ATTEMPTS = 5;

/**
 * Secrets that work once and not for long: 256 random bits, of which only a hash is stored, so that
 * who reads the database can use none. The purpose is in the hash, so that none passes for another.
 */
export class OneTimeTokens {
  constructor(
    private readonly store: Pick<Store, "oneTimeTokens">,
    private readonly clock: Clock,
  ) {}

  /** The only time that the token itself is seen. */
  async issue(
    purpose: OneTimePurpose,
    userId: string | null,
    data: Record<string, string> = {},
  ): Promise<string> {
    const token = randomToken();
    await this.put(purpose, token, userId, data);
    return token;
  }

  /** Stores a token under a name that the caller chose, for what is looked up and not handed out. */
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

  /** What the token stands for, without using it up. */
  peek(purpose: OneTimePurpose, token: string): Promise<OneTimeToken | null> {
    return this.store.oneTimeTokens.byId(idOf(purpose, token), this.clock.now());
  }

  /** Uses it up; null when it was used, has expired, or never was. */
  consume(purpose: OneTimePurpose, token: string): Promise<OneTimeToken | null> {
    return this.store.oneTimeTokens.take(idOf(purpose, token), this.clock.now());
  }

  /** Counts one try, before it is known whether it succeeds; null when none is left. */
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
