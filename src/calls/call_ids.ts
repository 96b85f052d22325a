import { timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";
import { newId } from "../core/ids.ts";
import { SigningKeys } from "../core/signing_keys.ts";

/** Hexadecimal digits at the end of an id that prove who began the call: 48 bits. */
const PROOF_DIGITS = 12;

/**
 * Ids of calls, which are not stored: an id that the server made proves who began the call, on
 * every instance. It is a UUIDv7 as all ids.
 */
export class CallIds {
  readonly #keys: SigningKeys;

  constructor(secrets: readonly Uint8Array[]) {
    this.#keys = new SigningKeys(secrets, "call ids");
  }

  make(chatId: string, userId: string): string {
    const start = newId().slice(0, -PROOF_DIGITS);
    return start + proofOf(this.#keys.sign(start, chatId, userId));
  }

  /** True if the server made the id for a call that this person began in this chat. */
  isBegunBy(call: string, chatId: string, userId: string): boolean {
    const [start, given] = [call.slice(0, -PROOF_DIGITS), Buffer.from(call.slice(-PROOF_DIGITS))];
    return this.#keys.isSigned([start, chatId, userId], (expected) => {
      return timingSafeEqual(given, Buffer.from(proofOf(expected)));
    });
  }
}

function proofOf(signature: Buffer): string {
  return signature.toString("hex").slice(0, PROOF_DIGITS);
}
