import { createHmac, timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";
import { newId } from "../core/ids.ts";

/** Hexadecimal digits at the end of an id that prove who began the call: 48 bits. */
const PROOF_DIGITS = 12;

/**
 * Ids of calls, which are not stored: an id that the server made proves who began the call, on
 * every instance. It is a UUIDv7 as all ids.
 */
export class CallIds {
  /** The first one signs. */
  readonly #keys: Uint8Array[];

  /** Ids made with any of `secrets` are good; new ones are made with the first. */
  constructor(secrets: readonly Uint8Array[]) {
    this.#keys = secrets.map((each) => createHmac("sha256", each).update("call ids").digest());
  }

  make(chatId: string, userId: string): string {
    const start = newId().slice(0, -PROOF_DIGITS);
    return start + proof(this.#keys[0], start, chatId, userId);
  }

  /** True if the server made the id for a call that this person began in this chat. */
  isBegunBy(call: string, chatId: string, userId: string): boolean {
    const [start, given] = [call.slice(0, -PROOF_DIGITS), Buffer.from(call.slice(-PROOF_DIGITS))];
    return this.#keys.some((key) => {
      return timingSafeEqual(given, Buffer.from(proof(key, start, chatId, userId)));
    });
  }
}

function proof(key: Uint8Array, ...parts: string[]): string {
  const hash = createHmac("sha256", key).update(parts.join("\n")).digest("hex");
  return hash.slice(0, PROOF_DIGITS);
}
