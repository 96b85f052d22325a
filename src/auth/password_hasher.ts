import type { HashOrigin } from "./password_queue.ts";

/** Turns passwords into hashes and compares them, in a time that tells nothing. */
export interface PasswordHasher {
  /** Whoever `from` is waits for their own turn; without it, for that of nobody in particular. */
  hash(password: string, from?: HashOrigin): Promise<string>;
  /**
   * With `hash` null (no such account, or one without a password) it takes as long and says no, so
   * that the time of an answer does not tell whether an account exists.
   */
  verify(password: string, hash: string | null, from?: HashOrigin): Promise<boolean>;
  /** Whether a hash that was made before would be made at another cost now. */
  isOutdated(hash: string): boolean;
  /** Ends the workers; safe to call twice. */
  close(): void;
}

/** More passwords wait than can be looked at in a reasonable time. */
export class HasherBusy extends Error {
  override readonly name = "HasherBusy";
}
