import type { OneTimePurpose, OneTimeToken } from "../model/one_time_token.ts";

export interface OneTimeTokenStore {
  /** Throws `DuplicateKey("id")` when it exists. */
  create(token: OneTimeToken): Promise<void>;
  /** Null when it is missing or has expired at `now`. */
  byId(id: string, now: number): Promise<OneTimeToken | null>;
  /**
   * Deletes and returns it: of two concurrent calls, one gets it. Null when missing or expired at
   * `now`.
   */
  consume(id: string, now: number): Promise<OneTimeToken | null>;
  /**
   * Counts one try and returns the updated row; the last one (`attemptsLeft` 0) deletes it. Null
   * when it is missing or has expired at `now`.
   */
  attempt(id: string, now: number): Promise<OneTimeToken | null>;
  /** Deletes the user's tokens of these purposes, or all of them; returns their number. */
  deleteForUser(userId: string, purposes?: OneTimePurpose[]): Promise<number>;
  /** Deletes those that expired before `before`; returns their number. */
  purge(before: number): Promise<number>;
}
