import { createHash } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { Session, SessionEndReason } from "../model/session.ts";
import type { Store } from "../store/store.ts";
import type { Tokens } from "./tokens.ts";

export interface TokenPair {
  accessToken: string;
  refreshToken: string;
  /** Seconds until the access token expires. */
  expiresIn: number;
}

/** Told of sessions that have ended, so that their sockets close. */
export type SessionsEnded = (sessionIds: string[]) => void;

export interface SessionsOptions {
  onEnded: SessionsEnded;
  /** A refresh token came a second time, and its session has been ended for it. */
  onReuse?: (session: Session, visitor: Visitor) => Promise<void>;
  /** Throws `rate_limited` when a session refreshes too often. */
  limitRefresh?: (sessionId: string) => Promise<void>;
  /** Sessions of a person that are alive; one more ends the one that was used least recently. */
  maxPerUser?: number;
}

/** The time of last use is written this often at most: a request usually writes nothing. */
const TOUCH_EVERY_MS = 60_000;

/** Sign-ins, each a row: to end one is to end its tokens and its sockets, at once. */
export class Sessions {
  constructor(
    private readonly store: Pick<Store, "sessions">,
    private readonly tokens: Tokens,
    private readonly clock: Clock,
    private readonly options: SessionsOptions,
  ) {}

  async open(
    userId: string,
    visitor: Visitor,
    deviceName = "",
  ): Promise<{ pair: TokenPair; sessionId: string }> {
    const now = this.clock.now();
    const [id, refreshId] = [newId(), newId()];
    const pair = await this.#sign(userId, id, refreshId);
    await this.store.sessions.create({
      id,
      userId,
      refreshHash: hashOf(refreshId),
      deviceName,
      userAgent: visitor.userAgent,
      address: visitor.address,
      createdAt: now,
      lastUsedAt: now,
      authenticatedAt: now,
      expiresAt: this.tokens.expiryOf("refresh"),
      endedAt: null,
      endReason: null,
    });
    await this.#makeRoom(userId, id);
    return { pair, sessionId: id };
  }

  /**
   * A refresh token works once. One that comes again was copied, by whoever comes first or second:
   * the session ends (RFC 9700, section 4.14.2).
   */
  async refresh(refreshToken: string, visitor: Visitor): Promise<TokenPair> {
    const claims = await this.tokens.verify("refresh", refreshToken);
    const { userId, sessionId } = claims;
    await this.options.limitRefresh?.(sessionId);
    const session = await this.#alive(sessionId, "The refresh token's session has ended");
    const refreshId = newId();
    const pair = await this.#sign(userId, sessionId, refreshId);
    const rotated = await this.store.sessions.rotate({
      sessionId,
      expectedHash: hashOf(claims.tokenId),
      newHash: hashOf(refreshId),
      now: this.clock.now(),
      expiresAt: this.tokens.expiryOf("refresh"),
      address: visitor.address,
      userAgent: visitor.userAgent,
    });
    if (rotated) return pair;
    const ended = await this.end(sessionId, "refresh_reuse");
    if (ended) await this.options.onReuse?.(session, visitor);
    throw new AppError(
      "unauthenticated",
      "The refresh token was used before: the session has ended",
    );
  }

  /** Whoever brings an access token of a session that is alive. */
  async authenticate(token: string, visitor: Visitor): Promise<Caller> {
    const claims = await this.tokens.verify("access", token);
    const session = await this.#alive(claims.sessionId, "The token's session has ended");
    const { userId, authenticatedAt } = session;
    await this.#touch(session, visitor);
    return {
      ...visitor,
      userId,
      sessionId: session.id,
      authenticatedAt,
      tokenExpiresAt: claims.expiresAt,
    };
  }

  /** True if it was alive. */
  async end(sessionId: string, reason: SessionEndReason): Promise<boolean> {
    const ended = await this.store.sessions.end(sessionId, this.clock.now(), reason);
    if (ended) this.options.onEnded([sessionId]);
    return ended;
  }

  /** Ends all sessions of the user but `exceptId`; answers how many. */
  async endAllOf(userId: string, reason: SessionEndReason, exceptId?: string): Promise<number> {
    const now = this.clock.now();
    const ended = await this.store.sessions.endAllOf(userId, now, reason, exceptId);
    this.options.onEnded(ended);
    return ended.length;
  }

  /** Ends one session of the user's own; false when they have no such one that is alive. */
  async endOwn(userId: string, sessionId: string): Promise<boolean> {
    const session = await this.store.sessions.byId(sessionId);
    return session?.userId === userId && await this.end(sessionId, "ended_by_user");
  }

  /** Identity was proved again in this session, just now. */
  async proved(sessionId: string): Promise<void> {
    await this.store.sessions.setAuthenticatedAt(sessionId, this.clock.now());
  }

  /** Most recently used first. */
  async list(userId: string): Promise<Session[]> {
    return await this.store.sessions.activeOf(userId, this.clock.now());
  }

  async #touch({ id, lastUsedAt }: Session, { address, userAgent }: Visitor): Promise<void> {
    const now = this.clock.now();
    if (now - lastUsedAt < TOUCH_EVERY_MS) return;
    await this.store.sessions.touch(id, now, address, userAgent);
  }

  /** The new one stays, whatever the others are. */
  async #makeRoom(userId: string, newestId: string): Promise<void> {
    const most = this.options.maxPerUser ?? Infinity;
    const others = (await this.list(userId)).filter(({ id }) => id !== newestId);
    for (const { id } of others.slice(Math.max(0, most - 1))) await this.end(id, "too_many");
  }

  async #alive(sessionId: string, otherwise: string): Promise<Session> {
    const session = await this.store.sessions.byId(sessionId);
    if (session && session.endedAt === null && session.expiresAt > this.clock.now()) return session;
    throw new AppError("unauthenticated", otherwise);
  }

  async #sign(userId: string, sessionId: string, refreshId: string): Promise<TokenPair> {
    const [accessToken, refreshToken] = await Promise.all([
      this.tokens.sign("access", { userId, sessionId, tokenId: newId() }),
      this.tokens.sign("refresh", { userId, sessionId, tokenId: refreshId }),
    ]);
    return { accessToken, refreshToken, expiresIn: Math.floor(this.tokens.accessTtlMs / 1000) };
  }
}

/** Ids are 74 random bits and unguessable, so a plain hash is enough to keep them unreadable. */
function hashOf(tokenId: string): string {
  return createHash("sha256").update(tokenId).digest("base64url");
}
