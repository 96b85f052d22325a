import { createHash } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { AppError, notFound } from "../core/errors.ts";
import { idsOf, newId } from "../core/ids.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { Session, SessionEndReason } from "../model/session.ts";
import type { User } from "../model/user.ts";
import type { Store } from "../store/store.ts";
import type { AccountChanges } from "./account_changes.ts";
import type { Tokens, TokenTimes } from "./tokens.ts";

export interface TokenPair {
  accessToken: string;
  refreshToken: string;
  /** Seconds until the access token expires. */
  expiresIn: number;
}

/** The session that a sign-in opens. */
export interface OpenedSession {
  pair: TokenPair;
  sessionId: string;
  /** Identifies later sign-ins from this device as coming from a known device. */
  deviceToken: string;
}

export interface SessionsOptions {
  store: Pick<Store, "sessions">;
  tokens: Tokens;
  changes: AccountChanges;
  clock: Clock;
  /** Called with the ids of ended sessions, so that their sockets are closed. */
  onEnded: (sessionIds: string[]) => void;
  /** Called after a refresh token was used a second time and its session was ended. */
  onReuse?: (user: User, visitor: Visitor) => void;
  /** Throws `rate_limited` when a session refreshes too often. */
  limitRefresh?: (sessionId: string) => Promise<void>;
  /** Maximum number of live sessions per user; one more ends the least recently used one. */
  maxPerUser?: number;
  /** Milliseconds after which a session ends, however often it refreshes. */
  lifetimeMs?: number;
}

/** Milliseconds for which an exchanged refresh token returns its successor again. */
const REPEAT_MS = 30_000;

/**
 * Minimum interval between writes of the time of last use, so that a request usually writes
 * nothing.
 */
const TOUCH_EVERY_MS = 60_000;

/**
 * The sessions, ended ones included, by which a device or a network is known. Those of a month are
 * kept, as many as the person can begin.
 */
export const NEWEST_SESSIONS = { before: null, limit: 500 };

/** Sessions that begin within this time may not see each other in time. */
const AT_ONCE_MS = 10_000;

/** Sign-ins, one row each: ending one ends its tokens and its sockets at once. */
export class Sessions {
  constructor(private readonly options: SessionsOptions) {}

  async open(
    userId: string,
    visitor: Visitor,
    deviceName = "",
  ): Promise<OpenedSession> {
    const { store, tokens, clock } = this.options;
    const now = clock.now();
    const [id, refreshId] = [newId(), newId()];
    const times = { issuedAt: now, notAfter: now + this.lifetimeMs };
    const pair = await this.#sign(userId, id, refreshId, times);
    await store.sessions.create({
      id,
      userId,
      refreshHash: hashOf(refreshId),
      previousHash: null,
      rotatedAt: null,
      deviceName,
      userAgent: visitor.userAgent,
      address: visitor.address,
      createdAt: now,
      lastUsedAt: now,
      authenticatedAt: now,
      expiresAt: tokens.expiryOf("refresh", times),
      endedAt: null,
      endReason: null,
    });
    await this.makeRoom(userId, id);
    const deviceToken = await tokens.sign("device", { userId, sessionId: id, tokenId: newId() });
    return { pair, sessionId: id, deviceToken };
  }

  /**
   * Returns the name of a device that has signed in to this account before; null for any other
   * device. A device token grants no access: it only prevents strangers' guesses from locking its
   * device out.
   */
  async knownDevice(userId: string, deviceToken?: string): Promise<string | null> {
    if (deviceToken === undefined) return null;
    try {
      const claims = await this.options.tokens.verify("device", deviceToken);
      return claims.userId === userId ? `device:${claims.tokenId}` : null;
    } catch (error) {
      if (error instanceof AppError) return null;
      throw error;
    }
  }

  /**
   * Exchanges a refresh token for a new pair. The previous token returns that pair again for a
   * while, because the response may have been lost, or two tabs refreshed at once. An older token
   * must have been copied, whether the owner or the thief uses it first: the session ends (RFC
   * 9700, section 4.14.2).
   */
  async refresh(refreshToken: string, visitor: Visitor): Promise<TokenPair> {
    const { tokens, limitRefresh } = this.options;
    const { userId, sessionId, tokenId } = await tokens.verify("refresh", refreshToken);
    await limitRefresh?.(sessionId);
    const message = "The refresh token's session has ended";
    const session = await this.#alive(sessionId, message);
    if (session.refreshHash === hashOf(tokenId)) {
      const pair = await this.#rotate(session, tokenId, visitor);
      if (pair) return pair;
    }
    // Read again: another request with this token may have been faster.
    const repeated = await this.#repeat(await this.#alive(sessionId, message), tokenId);
    if (repeated) return repeated;
    await this.#endReused(userId, sessionId, visitor);
    throw new AppError(
      "unauthenticated",
      "The refresh token was used before: the session has ended",
    );
  }

  /** Returns the caller for an access token whose session is alive. */
  async authenticate(token: string, visitor: Visitor): Promise<Caller> {
    const claims = await this.options.tokens.verify("access", token);
    const { store, clock } = this.options;
    const session = await store.sessions.alive(claims.sessionId, clock.now());
    if (!session) throw new AppError("unauthenticated", "The token's session has ended");
    const { userId, authenticatedAt } = session;
    await this.touch(session, visitor);
    return {
      ...visitor,
      userId,
      sessionId: session.id,
      authenticatedAt,
      tokenExpiresAt: claims.expiresAt,
    };
  }

  /** Ends a session that is not needed after all, or that exceeds the limit. */
  async end(sessionId: string, reason: SessionEndReason): Promise<void> {
    const { store, clock, onEnded } = this.options;
    if (await store.sessions.end(sessionId, clock.now(), reason)) onEnded([sessionId]);
  }

  /**
   * Ends one of the caller's sessions; throws `not_found` if the caller has no such live session.
   */
  async endOwn(
    caller: Caller,
    sessionId: string,
    reason: SessionEndReason = "ended_by_user",
  ): Promise<void> {
    await this.options.changes.own(caller, ({ sessions }) => {
      if (!idsOf(sessions).includes(sessionId)) throw notFound("session", sessionId);
      return { endSessions: { ids: [sessionId], reason }, note: ended(sessionId) };
    });
  }

  /** Ends all of the caller's sessions except this one; returns their number. */
  async endOthers(caller: Caller): Promise<number> {
    const { endedSessions } = await this.options.changes.own(caller, ({ sessions }) => {
      const ids = idsOf(sessions).filter((id) => id !== caller.sessionId);
      const note = ids.length > 0 ? ended("all others") : undefined;
      return { endSessions: { ids, reason: "ended_by_user" }, note };
    });
    return endedSessions.length;
  }

  /** Records that identity was just proved again in this session. */
  async proved(sessionId: string): Promise<void> {
    const { store, clock } = this.options;
    await store.sessions.setAuthenticatedAt(sessionId, clock.now());
  }

  /** Returns the user's live sessions, the most recently used one first. */
  async list(userId: string): Promise<Session[]> {
    const { store, clock } = this.options;
    return await store.sessions.activeOf(userId, clock.now());
  }

  /** Returns null if another request has exchanged the token meanwhile. */
  async #rotate(session: Session, tokenId: string, visitor: Visitor): Promise<TokenPair | null> {
    const { store, tokens, clock } = this.options;
    const [successorId] = tokens.successorIds(tokenId);
    const now = clock.now();
    const times = { issuedAt: now, notAfter: session.createdAt + this.lifetimeMs };
    if (times.notAfter <= now) {
      // The lifetime was longer, or unlimited, when the session was opened or last refreshed.
      throw new AppError("unauthenticated", "The session has reached its lifetime: sign in again");
    }
    const rotated = await store.sessions.rotate({
      sessionId: session.id,
      expectedHash: hashOf(tokenId),
      newHash: hashOf(successorId),
      now,
      expiresAt: tokens.expiryOf("refresh", times),
      address: visitor.address,
      userAgent: visitor.userAgent,
    });
    return rotated ? await this.#sign(session.userId, session.id, successorId, times) : null;
  }

  /**
   * Returns the pair that the token was exchanged for, for a short time and until that pair is
   * used.
   */
  async #repeat(session: Session, tokenId: string): Promise<TokenPair | null> {
    const { tokens, clock } = this.options;
    const { id, userId, previousHash, rotatedAt, refreshHash, createdAt } = session;
    if (rotatedAt === null || previousHash !== hashOf(tokenId)) return null;
    if (clock.now() - rotatedAt > REPEAT_MS) return null;
    const successor = tokens.successorIds(tokenId).find((one) => hashOf(one) === refreshHash);
    if (successor === undefined) return null;
    const times = { issuedAt: rotatedAt, notAfter: createdAt + this.lifetimeMs };
    return await this.#sign(userId, id, successor, times);
  }

  /** Records the use of a session, at most once a minute. */
  async touch({ id, lastUsedAt }: Session, { address, userAgent }: Visitor): Promise<void> {
    const { store, clock } = this.options;
    const now = clock.now();
    if (now - lastUsedAt < TOUCH_EVERY_MS) return;
    await store.sessions.touch(id, now, address, userAgent);
  }

  /** Of several concurrent reuses, exactly one ends the session and has it recorded. */
  async #endReused(userId: string, sessionId: string, visitor: Visitor): Promise<void> {
    const { changes, onReuse } = this.options;
    const changed = await changes.outside(visitor, userId, ({ sessions }) => {
      if (!idsOf(sessions).includes(sessionId)) return {};
      return {
        endSessions: { ids: [sessionId], reason: "refresh_reuse" },
        note: { action: "session.refresh_reused", details: { sessionId } },
      };
    });
    if (changed && changed.endedSessions.length > 0) onReuse?.(changed.user, visitor);
  }

  /**
   * Ends the surplus sessions, and always keeps the one that has just begun. Of several that begin
   * at once, none ends a later one: each would end the other.
   */
  async makeRoom(userId: string, newestId: string): Promise<void> {
    const max = this.options.maxPerUser ?? Infinity;
    const sessions = await this.list(userId);
    const begun = sessions.find(({ id }) => id === newestId);
    const isLater = (other: Session) => begun !== undefined && beganJustAfter(other, begun);
    const later = sessions.filter(isLater).length;
    const earlier = sessions.filter((each) => each.id !== newestId && !isLater(each));
    const surplus = earlier.slice(Math.max(0, max - 1 - later));
    for (const { id } of surplus) await this.end(id, "too_many");
  }

  async #alive(sessionId: string, otherwise: string): Promise<Session> {
    const { store, clock } = this.options;
    const session = await store.sessions.byId(sessionId);
    if (session && session.endedAt === null && session.expiresAt > clock.now()) return session;
    throw new AppError("unauthenticated", otherwise);
  }

  async #sign(
    userId: string,
    sessionId: string,
    refreshId: string,
    times: TokenTimes,
  ): Promise<TokenPair> {
    const { tokens, clock } = this.options;
    // Derived, so that repeating an exchange returns the same access token.
    const accessId = hashOf(`access\0${refreshId}`);
    const [accessToken, refreshToken] = await Promise.all([
      tokens.sign("access", { userId, sessionId, tokenId: accessId }, times),
      tokens.sign("refresh", { userId, sessionId, tokenId: refreshId }, times),
    ]);
    const expiresInMs = tokens.expiryOf("access", times) - clock.now();
    // Rounded: storing and signing take some milliseconds of the first second.
    return { accessToken, refreshToken, expiresIn: Math.max(0, Math.round(expiresInMs / 1000)) };
  }

  /** Milliseconds after which a session ends, however often it refreshes. */
  get lifetimeMs(): number {
    return this.options.lifetimeMs ?? Infinity;
  }
}

/**
 * True if `a` began after `b`, by less than `AT_ONCE_MS`; at the same millisecond the id decides. A
 * session from much later comes from an instance whose clock is ahead.
 */
function beganJustAfter(a: Session, b: Session): boolean {
  const laterMs = a.createdAt - b.createdAt;
  return laterMs < AT_ONCE_MS && (laterMs > 0 || (laterMs === 0 && a.id > b.id));
}

const ended = (sessionId: string) => ({
  action: "session.ended" as const,
  details: { sessionId },
});

/**
 * Ids are random, or derived with a secret, and unguessable, so a plain hash is enough to protect
 * them.
 */
function hashOf(tokenId: string): string {
  return createHash("sha256").update(tokenId).digest("base64url");
}
