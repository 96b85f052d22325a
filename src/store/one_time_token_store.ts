import type { OneTimePurpose, OneTimeToken } from "../model/one_time_token.ts";

export interface OneTimeTokenStore {
  /** Throws `DuplicateKey("id")` when it exists. */
  create(token: OneTimeToken): Promise<void>;
  /** Null when it is missing or has expired at `now`. */
  byId(id: string, now: number): Promise<OneTimeToken | null>;
  /** Takes it away and answers it: of two that race, one gets it. Null when missing or expired at `now`. */
  take(id: string, now: number): Promise<OneTimeToken | null>;
  /**
   * Counts one try and answers the row as it now is; the last one (`attemptsLeft` 0) takes it away.
   * Null when it is missing or has expired at `now`.
   */
  attempt(id: string, now: number): Promise<OneTimeToken | null>;
  /** Forgets the user's tokens of these purposes, of all without; answers how many. */
  deleteForUser(userId: string, purposes?: OneTimePurpose[]): Promise<number>;
  /** Forgets those that expired before `before`; answers how many. */
  purge(before: number): Promise<number>;
}
