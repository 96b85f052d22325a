import type { IdPage } from "../core/in_pages.ts";
import type { Session, SessionEndReason } from "../model/session.ts";

export interface RefreshRotation {
  sessionId: string;
  /** Rotates only if this is the current hash, so that one of two concurrent refreshes wins. */
  expectedHash: string;
  newHash: string;
  now: number;
  expiresAt: number;
  address: string;
  userAgent: string;
}

export interface SessionStore {
  create(session: Session): Promise<void>;
  /** Includes ended and expired sessions, for as long as they are kept. */
  byId(id: string): Promise<Session | null>;
  /**
   * The session if it is neither ended nor expired at `now`, for requests. Its hashes and times of
   * use may be a moment old; a change by `end`, `deleteAllOf`, `setAuthenticatedAt` or an account's
   * change that has resolved is never missed, whichever instance made it.
   */
  alive(id: string, now: number): Promise<Session | null>;
  /** Neither ended nor expired at `now`, most recently used first. */
  activeOf(userId: string, now: number): Promise<Session[]>;
  /**
   * Makes `expectedHash` the previous one, exchanged at `now`. Returns false when the session is
   * missing, ended, expired at `now`, or has another hash.
   */
  rotate(rotation: RefreshRotation): Promise<boolean>;
  /** Sessions that are kept, including ended ones, highest id first; with `before`, only lower ids. */
  ofUser(userId: string, page: IdPage): Promise<Session[]>;
  /**
   * Moves `lastUsedAt` forward to `at`, and stores address and user agent; an ended session stays
   * unchanged. A crash of the database may lose it.
   */
  touch(id: string, at: number, address: string, userAgent: string): Promise<void>;
  /** Records a fresh proof of identity. */
  setAuthenticatedAt(id: string, at: number): Promise<void>;
  /**
   * Returns true if the session was active until now; ending twice keeps the first time and reason.
   * Deletes the push devices that the session registered, too.
   */
  end(id: string, at: number, reason: SessionEndReason): Promise<boolean>;
  /** Deletes all rows of the user, including active ones; returns their number. */
  deleteAllOf(userId: string): Promise<number>;
  /** Deletes sessions that ended or expired before `before`; returns their number. */
  purge(before: number): Promise<number>;
}
