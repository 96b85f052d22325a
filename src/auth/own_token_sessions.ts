import { createHash } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { Visitor } from "../model/caller.ts";
import type { Session } from "../model/session.ts";
import { suspensionAt, type User } from "../model/user.ts";
import { DuplicateKey, type Store } from "../store/store.ts";
import type { OwnToken } from "./own_tokens.ts";
import type { Sessions } from "./sessions.ts";

export interface OwnTokenSessionsOptions {
  store: Pick<Store, "sessions" | "users">;
  sessions: Sessions;
  clock: Clock;
}

/** Longest chain of ended sessions that is followed; a month of logouts is far shorter. */
const MAX_CHAIN = 1_000;

/**
 * Sessions of the customer's tokens. A token opens a session by being used, so that it can be ended
 * like any other: the session of one `sid` has an id that follows from it. A token from before the
 * end of its session is refused; a later one continues with a session whose id follows from that
 * end.
 */
export class OwnTokenSessions {
  constructor(private readonly options: OwnTokenSessionsOptions) {}

  /**
   * Throws `unauthenticated` if the session of the token has ended, or the person may not sign in.
   */
  async sessionOf(userId: string, token: OwnToken, visitor: Visitor): Promise<Session> {
    const { store, clock, sessions } = this.options;
    let id = sessionIdOf(userId, token.sid);
    for (let i = 0; i < MAX_CHAIN; i++) {
      const session = await store.sessions.alive(id, clock.now()) ??
        await store.sessions.byId(id);
      if (session === null) return await this.#open(id, userId, token, visitor);
      const endedAt = session.endedAt ?? session.expiresAt;
      if (endedAt > clock.now() && session.endedAt === null) {
        await sessions.touch(session, visitor);
        return { ...session, authenticatedAt: latestProof(session, token) };
      }
      if (token.issuedAt < endedAt) break;
      id = sessionIdOf(userId, token.sid, id);
    }
    throw new AppError("unauthenticated", "The token's session has ended");
  }

  async #open(id: string, userId: string, token: OwnToken, visitor: Visitor): Promise<Session> {
    const { store, sessions, clock } = this.options;
    await this.#requireMay(userId, token);
    const now = clock.now();
    const session: Session = {
      id,
      userId,
      // No refresh token has this hash: the customer makes the next token.
      refreshHash: `own:${id}`,
      previousHash: null,
      rotatedAt: null,
      deviceName: "",
      userAgent: visitor.userAgent,
      address: visitor.address,
      createdAt: now,
      lastUsedAt: now,
      authenticatedAt: Math.min(token.authenticatedAt ?? token.issuedAt, now),
      expiresAt: now + sessions.lifetimeMs,
      endedAt: null,
      endReason: null,
    };
    try {
      await store.sessions.create(session);
    } catch (error) {
      if (!(error instanceof DuplicateKey)) throw error;
      // Another request with such a token was faster.
      return await this.sessionOf(userId, token, visitor);
    }
    await sessions.makeRoom(userId, id);
    try {
      // Whatever ended all sessions meanwhile did not see this one.
      await this.#requireMay(userId, token);
    } catch (error) {
      await sessions.end(id, "ended_by_server");
      throw error;
    }
    return session;
  }

  async #requireMay(userId: string, token: OwnToken): Promise<User> {
    const { store, clock } = this.options;
    const user = await store.users.byId(userId);
    if (!user || user.deletedAt !== null) throw refused("the person no longer exists");
    const suspension = suspensionAt(user, clock.now());
    if (suspension) throw refused(suspension.reason);
    const { tokensNotBefore } = user;
    if (tokensNotBefore !== null && token.issuedAt < tokensNotBefore) {
      throw refused("it was revoked");
    }
    return user;
  }
}

/**
 * A person who proved their identity again in the same session of the customer comes with a later
 * `auth_time`. Just being issued later is no proof, nor is a time after the token was issued.
 */
function latestProof(session: Session, { authenticatedAt, issuedAt }: OwnToken): number {
  return Math.max(session.authenticatedAt, Math.min(authenticatedAt ?? 0, issuedAt));
}

/** A UUID of version 7 in form, so that it passes wherever an id of a session does. */
function sessionIdOf(...parts: string[]): string {
  const hash = createHash("sha256").update(parts.join("\0")).digest("hex");
  const variant = "89ab"[parseInt(hash[16], 16) & 3];
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `7${hash.slice(13, 16)}`,
    `${variant}${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join("-");
}

function refused(reason: string): AppError {
  return new AppError("unauthenticated", `Cannot use the token: ${reason}`);
}
