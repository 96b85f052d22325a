/** Turns passwords into hashes and compares them, in a time that tells nothing. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /**
   * With `hash` null (no such account, or one without a password) it takes as long and says no, so
   * that the time of an answer does not tell whether an account exists.
   */
  verify(password: string, hash: string | null): Promise<boolean>;
  /** Whether a hash that was made before would be made at another cost now. */
  isOutdated(hash: string): boolean;
  /** Ends the workers; safe to call twice. */
  close(): void;
}

/** More passwords wait than can be looked at in a reasonable time. */
export class HasherBusy extends Error {
  override readonly name = "HasherBusy";
}
