import { createHmac, timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";
import { newId } from "../core/ids.ts";

/** Hexadecimal digits at the end of an id that prove who began the call: 48 bits. */
const PROOF_DIGITS = 12;

/**
 * Ids of calls, which are not stored: an id that the server made proves who began the call, on every
 * instance. It is a UUIDv7 as all ids.
 */
export class CallIds {
  readonly #key: Uint8Array;

  constructor(secret: Uint8Array) {
    this.#key = createHmac("sha256", secret).update("call ids").digest();
  }

  make(chatId: string, userId: string): string {
    const start = newId().slice(0, -PROOF_DIGITS);
    return start + this.#proof(start, chatId, userId);
  }

  /** True if the server made the id for a call that this person began in this chat. */
  isBegunBy(call: string, chatId: string, userId: string): boolean {
    const proof = this.#proof(call.slice(0, -PROOF_DIGITS), chatId, userId);
    return timingSafeEqual(Buffer.from(call.slice(-PROOF_DIGITS)), Buffer.from(proof));
  }

  #proof(...parts: string[]): string {
    const hash = createHmac("sha256", this.#key).update(parts.join("\n")).digest("hex");
    return hash.slice(0, PROOF_DIGITS);
  }
}
