import { timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { SigningKeys } from "../core/signing_keys.ts";
import type { Caller } from "../model/caller.ts";
import type { SessionStore } from "../store/session_store.ts";

export interface MediaLink {
  /** Path from the root of the server. */
  url: string;
  expiresAt: number;
}

/** The signed values in a link's query. */
export interface LinkQuery {
  user: string;
  session: string;
  expires: string;
  signature: string;
}

export type LinkOwner = Pick<Caller, "userId" | "sessionId">;

export interface VerifiedLink {
  userId: string;
  secondsLeft: number;
}

const MINUTE = 60_000;
const LIFE_MS = 15 * MINUTE;
/**
 * Expiry times are rounded up to this step, so that repeated requests return equal links and the
 * browser's cache hits.
 */
const STEP_MS = 5 * MINUTE;

/**
 * Links for `<img>` and similar elements, which send no headers. A link belongs to a session, ends
 * with it (sign-out, suspension, erasure), and shows only what its user may see at the time of use:
 * a former member of a chat cannot use old links.
 */
export class MediaLinks {
  readonly #keys: SigningKeys;

  constructor(
    secrets: readonly Uint8Array[],
    private readonly sessions: Pick<SessionStore, "byId">,
    private readonly clock: Clock,
  ) {
    this.#keys = new SigningKeys(secrets, "media links");
  }

  make(mediaId: string, { userId: user, sessionId: session }: LinkOwner): MediaLink {
    const expiresAt = Math.ceil((this.clock.now() + LIFE_MS) / STEP_MS) * STEP_MS;
    const expires = String(expiresAt / 1000);
    const signature = this.#keys.sign(mediaId, user, session, expires).toString("base64url");
    const query = new URLSearchParams({ user, session, expires, signature });
    return { url: `/api/media/${mediaId}?${query}`, expiresAt };
  }

  /**
   * Throws `forbidden` if the link was not created by this server, has expired, or its session has
   * ended.
   */
  async verify(mediaId: string, link: LinkQuery): Promise<VerifiedLink> {
    const { user, session, expires, signature } = link;
    const given = Buffer.from(signature, "base64url");
    const genuine = this.#keys.isSigned([mediaId, user, session, expires], (expected) => {
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
    if (!genuine) {
      throw new AppError("forbidden", "Cannot open the link: its signature is not valid");
    }
    const left = Number(expires) * 1000 - this.clock.now();
    if (left <= 0) {
      throw new AppError("forbidden", "Cannot open the link: it has expired; request a new one");
    }
    if (!await this.#isAlive(user, session)) {
      throw new AppError("forbidden", "Cannot open the link: its session has ended");
    }
    return { userId: user, secondsLeft: Math.floor(left / 1000) };
  }

  async #isAlive(userId: string, sessionId: string): Promise<boolean> {
    const session = await this.sessions.byId(sessionId);
    if (session?.userId !== userId || session.endedAt !== null) return false;
    return session.expiresAt > this.clock.now();
  }
}
