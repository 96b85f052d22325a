import type { HashOrigin } from "./password_queue.ts";

/** Hashes passwords and compares them, in a time that reveals nothing. */
export interface PasswordHasher {
  /**
   * Queues the work under `from`, in fair turns with other origins; without it, as a separate
   * origin.
   */
  hash(password: string, from?: HashOrigin): Promise<string>;
  /**
   * With `hash` null (no such account, or one without a password) it takes as long and returns
   * false, so that the response time does not reveal whether an account exists.
   */
  verify(password: string, hash: string | null, from?: HashOrigin): Promise<boolean>;
  /** True if the hash was made at a cost other than the current one. */
  isOutdated(hash: string): boolean;
  /** Terminates the workers; safe to call twice. */
  close(): void;
}

/** More passwords are waiting than can be processed in a reasonable time. */
export class HasherBusy extends Error {
  override readonly name = "HasherBusy";
}
