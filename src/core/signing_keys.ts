import { createHmac } from "node:crypto";
import type { Buffer } from "node:buffer";

/**
 * Keys of one purpose, derived from secrets that rotate: the first signs, and what any of them has
 * signed is good, so that a rotation ends nothing that is in use.
 */
export class SigningKeys {
  readonly #keys: Uint8Array[];

  constructor(secrets: readonly Uint8Array[], purpose: string) {
    this.#keys = secrets.map((secret) => createHmac("sha256", secret).update(purpose).digest());
  }

  /** `parts` contain no line feed: their boundaries would not be signed. */
  sign(...parts: string[]): Buffer {
    return signature(this.#keys[0], parts);
  }

  /** Calls `isGiven` with the signature by each key; it has to compare in constant time. */
  isSigned(parts: readonly string[], isGiven: (expected: Buffer) => boolean): boolean {
    return this.#keys.some((key) => isGiven(signature(key, parts)));
  }
}

function signature(key: Uint8Array, parts: readonly string[]): Buffer {
  return createHmac("sha256", key).update(parts.join("\n")).digest();
}
