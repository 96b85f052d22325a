import type { Session, SessionEndReason } from "../model/session.ts";

export interface RefreshRotation {
  sessionId: string;
  /** Rotates only if this is the hash that works now, so that of two racing refreshes one wins. */
  expectedHash: string;
  newHash: string;
  now: number;
  expiresAt: number;
  address: string;
  userAgent: string;
}

export interface SessionStore {
  create(session: Session): Promise<void>;
  /** Ended and expired ones too, for as long as they are kept. */
  byId(id: string): Promise<Session | null>;
  /** Neither ended nor expired at `now`, most recently used first. */
  activeOf(userId: string, now: number): Promise<Session[]>;
  /**
   * Makes `expectedHash` the previous one, exchanged at `now`. False when the session is missing, ended,
   * expired at `now`, or has another hash.
   */
  rotate(rotation: RefreshRotation): Promise<boolean>;
  /** All that are kept, ended ones too, newest (highest id) first. */
  ofUser(userId: string): Promise<Session[]>;
  /** Moves `lastUsedAt` forward to `at`, and notes from where; a session that has ended stays as it is. */
  touch(id: string, at: number, address: string, userAgent: string): Promise<void>;
  /** Records a fresh proof of identity. */
  setAuthenticatedAt(id: string, at: number): Promise<void>;
  /**
   * True if it was alive until now; ending twice keeps the first time and reason. The push devices that
   * the session registered go with it.
   */
  end(id: string, at: number, reason: SessionEndReason): Promise<boolean>;
  /** Forgets all rows of the user, live ones too; answers how many. */
  deleteAllOf(userId: string): Promise<number>;
  /** Forgets sessions that ended or expired before `before`; answers how many. */
  purge(before: number): Promise<number>;
}
