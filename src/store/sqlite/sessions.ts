import type { IdPage } from "../../core/in_pages.ts";
import type { Session, SessionEndReason } from "../../model/session.ts";
import type { RefreshRotation, SessionStore } from "../session_store.ts";
import type { Database } from "./database.ts";
import { AFTER_ALL_IDS, Table } from "./table.ts";

const SESSIONS = new Table<Session>("sessions", {
  id: "value",
  userId: "value",
  refreshHash: "value",
  previousHash: "value",
  rotatedAt: "value",
  deviceName: "value",
  userAgent: "value",
  address: "value",
  createdAt: "value",
  lastUsedAt: "value",
  authenticatedAt: "value",
  expiresAt: "value",
  endedAt: "value",
  endReason: "value",
});

export class SqliteSessionStore implements SessionStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  create(session: Session): Promise<void> {
    return this.#db.write(() => {
      this.#db.run(SESSIONS.insert, ...SESSIONS.bind(session));
    });
  }

  byId(id: string): Promise<Session | null> {
    return this.#db.read(() => this.#db.first(SESSIONS, "WHERE id = ?", id));
  }

  /** Runs within the caller's read. */
  endOf(id: string): Pick<Session, "endedAt"> | null {
    const row = this.#db.get("SELECT endedAt FROM sessions WHERE id = ?", id);
    return row === undefined ? null : { endedAt: row.endedAt as number | null };
  }

  async alive(id: string, now: number): Promise<Session | null> {
    const session = await this.byId(id);
    return session && session.endedAt === null && session.expiresAt > now ? session : null;
  }

  activeOf(userId: string, now: number): Promise<Session[]> {
    return this.#db.read(() => this.liveOf(userId, now));
  }

  /** Implements `activeOf` within the caller's transaction. */
  liveOf(userId: string, now: number): Session[] {
    return this.#db.all(
      SESSIONS.select(`WHERE userId = ? AND endedAt IS NULL AND expiresAt > ?
        ORDER BY lastUsedAt DESC, id DESC`),
      userId,
      now,
    ).map((raw) => SESSIONS.decode(raw));
  }

  rotate(rotation: RefreshRotation): Promise<boolean> {
    const { sessionId, expectedHash, newHash, now, expiresAt, address, userAgent } = rotation;
    return this.#db.write(() =>
      this.#db.run(
        `UPDATE sessions SET refreshHash = ?1, previousHash = ?2, rotatedAt = ?3, lastUsedAt = ?3,
           expiresAt = ?4, address = ?5, userAgent = ?6
         WHERE id = ?7 AND refreshHash = ?2 AND endedAt IS NULL AND expiresAt > ?3`,
        newHash,
        expectedHash,
        now,
        expiresAt,
        address,
        userAgent,
        sessionId,
      ) === 1
    );
  }

  ofUser(
    userId: string,
    { before, limit }: IdPage,
  ): Promise<Session[]> {
    const sql = SESSIONS.select("WHERE userId = ? AND id < ? ORDER BY id DESC LIMIT 0 + ?");
    return this.#db.read(() =>
      this.#db.all(sql, userId, before ?? AFTER_ALL_IDS, limit)
        .map((raw) => SESSIONS.decode(raw))
    );
  }

  touch(id: string, at: number, address: string, userAgent: string): Promise<void> {
    return this.#db.write(() => {
      this.#db.run(
        `UPDATE sessions SET lastUsedAt = ?1, address = ?2, userAgent = ?3
         WHERE id = ?4 AND endedAt IS NULL AND lastUsedAt < ?1`,
        at,
        address,
        userAgent,
        id,
      );
    });
  }

  deleteAllOf(userId: string): Promise<number> {
    return this.#db.deleteParts("sessions", "userId = ?", [userId]);
  }

  setAuthenticatedAt(id: string, at: number): Promise<void> {
    return this.#db.write(() => {
      this.#db.run("UPDATE sessions SET authenticatedAt = ? WHERE id = ?", at, id);
    });
  }

  end(id: string, at: number, reason: SessionEndReason): Promise<boolean> {
    return this.#db.write(() => this.endNow(id, at, reason));
  }

  /** Implements `end` within the caller's transaction. */
  endNow(id: string, at: number, reason: SessionEndReason): boolean {
    // The condition names the user too, because the index is by user.
    this.#db.run(
      `DELETE FROM push_devices
       WHERE userId = (SELECT userId FROM sessions WHERE id = ?1) AND sessionId = ?1`,
      id,
    );
    return this.#db.run(
      `UPDATE sessions SET endedAt = ?1, endReason = ?2
       WHERE id = ?3 AND endedAt IS NULL AND expiresAt > ?1`,
      at,
      reason,
      id,
    ) === 1;
  }

  async purge(before: number): Promise<number> {
    const ended = await this.#db.deleteParts("sessions", "endedAt < ?", [before]);
    return ended + await this.#db.deleteParts("sessions", "expiresAt < ?", [before]);
  }
}
