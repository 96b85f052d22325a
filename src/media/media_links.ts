import { createHmac, timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";

export interface MediaLink {
  /** From the root of the server. */
  url: string;
  expiresAt: number;
}

/** What a link says, as its query gives it. */
export interface LinkQuery {
  user: string;
  expires: string;
  signature: string;
}

const MINUTE = 60_000;
const LIFE_MS = 15 * MINUTE;
/** Links end on the same minutes, so that one asked for again is the same, and the browser's cache hits. */
const STEP_MS = 5 * MINUTE;

/**
 * Links for `<img>` and its like, which send no headers. A link names whom it was given to, and shows
 * what that person may see when it is used: who leaves a chat has no use of old links.
 */
export class MediaLinks {
  readonly #key: Uint8Array;

  constructor(secret: Uint8Array, private readonly clock: Clock) {
    this.#key = createHmac("sha256", secret).update("media links").digest();
  }

  make(mediaId: string, userId: string): MediaLink {
    const expiresAt = Math.ceil((this.clock.now() + LIFE_MS) / STEP_MS) * STEP_MS;
    const expires = String(expiresAt / 1000);
    const signature = this.#sign(mediaId, userId, expires).toString("base64url");
    const query = new URLSearchParams({ user: userId, expires, signature });
    return { url: `/api/media/${mediaId}?${query}`, expiresAt };
  }

  /** Answers for whom the link was made; `forbidden` if it was not made here, or has expired. */
  verify(mediaId: string, { user, expires, signature }: LinkQuery): string {
    const given = Buffer.from(signature, "base64url");
    const expected = this.#sign(mediaId, user, expires);
    const genuine = given.length === expected.length && timingSafeEqual(given, expected);
    if (!genuine) throw new AppError("forbidden", "The link is not one of this server's");
    if (Number(expires) * 1000 <= this.clock.now()) {
      throw new AppError("forbidden", "The link has expired: ask for a new one");
    }
    return user;
  }

  #sign(...parts: string[]): Buffer {
    return createHmac("sha256", this.#key).update(parts.join("\n")).digest();
  }
}
