import { timeSlices } from "../../core/work_budget.ts";
import type { Membership, NotifyLevel } from "../../model/membership.ts";
import type { MemberRead, MembershipChange } from "../chat_store.ts";
import { TooManyChats } from "../store.ts";
import type { BehindRow, CursorMove, MembershipStore, PresentChat } from "../membership_store.ts";
import type { RevisionRange } from "../message_store.ts";
import type { Database } from "./database.ts";
import { Table } from "./table.ts";

const MEMBERSHIPS = new Table<Membership>("memberships", {
  chatId: "value",
  userId: "value",
  role: "value",
  rev: "value",
  joinedAt: "value",
  leftAt: "value",
  readSeq: "value",
  deliveredSeq: "value",
  notify: "value",
  mutedUntil: "value",
  addedByStranger: "boolean",
  hiddenSeq: "value",
  custom: "json",
});

const COMES_BACK = "memberships.leftAt IS NOT NULL AND excluded.leftAt IS NULL";

const PUT = `${MEMBERSHIPS.insert} ON CONFLICT DO UPDATE SET
  role = excluded.role, rev = excluded.rev, joinedAt = excluded.joinedAt, leftAt = excluded.leftAt,
  addedByStranger = excluded.addedByStranger, hiddenSeq = excluded.hiddenSeq,
  custom = excluded.custom,
  notify = iif(${COMES_BACK}, excluded.notify, notify),
  mutedUntil = iif(${COMES_BACK}, excluded.mutedUntil, mutedUntil),
  readSeq = max(readSeq, excluded.readSeq), deliveredSeq = max(deliveredSeq, excluded.deliveredSeq)`;

const CHATS_OF = "SELECT chats FROM chat_counts WHERE userId = ?";

/** The outer loop reads the chats of "one", so that should be the person with fewer of them. */
const shared = (one: "person" | "other", two: "person" | "other", rest = "") =>
  `SELECT 1 FROM memberships AS ${one} CROSS JOIN memberships AS ${two}
     ON ${two}.chatId = ${one}.chatId AND ${two}.userId = ?2
   WHERE ${one}.userId = ?1 AND ${one}.leftAt IS NULL AND ${two}.leftAt IS NULL
     ${rest} LIMIT 1`;
const BY_CHOICE = "AND other.addedByStranger = 0";
const SHARED = {
  fromPerson: shared("person", "other"),
  fromOther: shared("other", "person"),
};
const ACQUAINTED = {
  fromPerson: shared("person", "other", BY_CHOICE),
  fromOther: shared("other", "person", BY_CHOICE),
};

const REACHED = `
  SELECT count(*) FILTER (WHERE readSeq >= ?2) AS read,
    count(*) FILTER (WHERE deliveredSeq >= ?2) AS delivered
  FROM memberships WHERE chatId = ?1 AND leftAt IS NULL`;

const PRESENT = `
  SELECT memberships.chatId, memberships.userId, hiddenSeq, chats.rev AS headBefore,
    chats.memberCount AS memberCount
  FROM memberships CROSS JOIN chats ON chats.id = memberships.chatId
  WHERE memberships.userId = ? AND memberships.leftAt IS NULL AND memberships.chatId > ?
  ORDER BY memberships.chatId LIMIT 0 + ?`;

const BEHIND = `
  SELECT ${MEMBERSHIPS.columns}, chats.lastSeq AS lastSeq
  FROM memberships CROSS JOIN chats ON chats.id = memberships.chatId
  WHERE memberships.userId = ? AND memberships.leftAt IS NULL AND chats.lastSeq > memberships.readSeq
  LIMIT 0 + ?`;

export class SqliteMembershipStore implements MembershipStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  of(chatId: string, userId: string): Promise<Membership | null> {
    return this.#db.read(() => this.row(chatId, userId));
  }

  ofChat(chatId: string): Promise<Membership[]> {
    return this.#db.guard(() => this.#ofChat(chatId));
  }

  ofUser(userId: string): Promise<Membership[]> {
    return this.#db.guard(async () =>
      await this.#db.readParts(
        this.#db.all("SELECT chatId FROM memberships WHERE userId = ?", userId),
        (part) => {
          const chatIds = JSON.stringify(part.map((row) => row.chatId));
          return this.#all(
            "WHERE userId = ? AND chatId IN (SELECT value FROM json_each(?))",
            userId,
            chatIds,
          );
        },
      )
    );
  }

  presentOfUser(userId: string, after: string | null, limit: number): Promise<PresentChat[]> {
    return this.#db.read(() => this.presentRows(userId, after ?? "", limit));
  }

  /** Implements `presentOfUser` within the caller's read. */
  presentRows(userId: string, after: string, limit: number): PresentChat[] {
    return this.#db.all(PRESENT, userId, after, limit) as unknown as PresentChat[];
  }

  ofUserIn(userId: string, chatIds: string[]): Promise<Membership[]> {
    return this.#rows(
      "WHERE chatId IN (SELECT value FROM json_each(?)) AND userId = ?",
      JSON.stringify(chatIds),
      userId,
    );
  }

  shareChat(userId: string, otherId: string): Promise<boolean> {
    return this.#db.read(() => this.#share(userId, otherId, SHARED));
  }

  /** Runs in slices: two people may both be in very many chats. */
  async acquaintedWith(userId: string, userIds: string[]): Promise<string[]> {
    const found: string[] = [];
    const pause = timeSlices();
    for (const other of userIds) {
      await pause();
      if (await this.#db.read(() => this.#share(userId, other, ACQUAINTED))) found.push(other);
    }
    return found;
  }

  countReached(chatId: string, seq: number): Promise<{ read: number; delivered: number }> {
    return this.#db.read(() => {
      const { read, delivered } = this.#db.get(REACHED, chatId, seq)!;
      return { read: Number(read), delivered: Number(delivered) };
    });
  }

  behind(userId: string, limit: number): Promise<BehindRow[]> {
    return this.#db.read(() =>
      this.#db.all(BEHIND, userId, limit).map(({ lastSeq, ...raw }) => ({
        membership: MEMBERSHIPS.decode(raw),
        lastSeq: Number(lastSeq),
      }))
    );
  }

  changed(chatId: string, after: number, maxRev: number, limit: number): Promise<Membership[]> {
    return this.#rows(
      "WHERE chatId = ? AND rev > ? AND rev <= ? ORDER BY rev, userId LIMIT 0 + ?",
      chatId,
      after,
      maxRev,
      limit,
    );
  }

  async changedIn(ranges: RevisionRange[], limit: number): Promise<Membership[]> {
    const rows: Membership[] = [];
    for (const { chatId, after, maxRev } of ranges) {
      if (rows.length >= limit) break;
      rows.push(...await this.changed(chatId, after, maxRev, limit - rows.length));
    }
    return rows;
  }

  moveCursors(move: CursorMove): Promise<{ membership: Membership; moved: boolean } | null> {
    return this.#db.write(() => {
      const before = this.#present(move.chatId, move.userId);
      if (before === null) return null;
      const readSeq = Math.max(before.readSeq, move.readSeq ?? 0);
      const deliveredSeq = Math.max(before.deliveredSeq, move.deliveredSeq ?? 0, readSeq);
      const addedByStranger = before.addedByStranger && move.readSeq === undefined;
      const membership = { ...before, readSeq, deliveredSeq, addedByStranger };
      const moved = readSeq > before.readSeq || deliveredSeq > before.deliveredSeq;
      if (moved) this.#set(membership, ["readSeq", "deliveredSeq"]);
      if (addedByStranger !== before.addedByStranger) this.#set(membership, ["addedByStranger"]);
      return { membership, moved };
    });
  }

  setNotify(
    chatId: string,
    userId: string,
    notify: NotifyLevel,
    mutedUntil: number | null,
  ): Promise<Membership | null> {
    return this.#db.write(() => {
      const before = this.#present(chatId, userId);
      if (before === null) return null;
      const membership = { ...before, notify, mutedUntil };
      this.#set(membership, ["notify", "mutedUntil"]);
      return membership;
    });
  }

  row(chatId: string, userId: string): Membership | null {
    return this.#db.first(MEMBERSHIPS, "WHERE chatId = ? AND userId = ?", chatId, userId);
  }

  /**
   * Runs within the transaction of a commit; `ChatChange.members` says which fields of an existing
   * row stay.
   */
  put(membership: Membership): void {
    this.#db.run(PUT, ...MEMBERSHIPS.bind(membership));
  }

  /** Throws `TooManyChats`; triggers maintain the counts themselves. */
  requireRoom({ joined, maxChats }: MembershipChange): void {
    const full = joined.filter((userId) =>
      Number(this.#db.get(CHATS_OF, userId)?.chats ?? 0) > maxChats
    );
    if (full.length > 0) throw new TooManyChats(full);
  }

  #share(userId: string, other: string, query: typeof SHARED): boolean {
    const [his, hers] = [userId, other].map((id) => Number(this.#db.get(CHATS_OF, id)?.chats ?? 0));
    const row = his <= hers
      ? this.#db.get(query.fromPerson, userId, other)
      : this.#db.get(query.fromOther, other, userId);
    return row !== undefined;
  }

  /**
   * Runs within the transaction of a commit. Writes nothing if there was nothing before `seq` to
   * read.
   */
  read(chatId: string, { userId, seq, before }: MemberRead): void {
    this.#db.run(
      `UPDATE memberships SET readSeq = ?1, deliveredSeq = max(deliveredSeq, ?1)
       WHERE chatId = ?2 AND userId = ?3 AND readSeq < ?4`,
      seq,
      chatId,
      userId,
      before,
    );
  }

  #present(chatId: string, userId: string): Membership | null {
    const row = this.row(chatId, userId);
    return row?.leftAt === null ? row : null;
  }

  #set(membership: Membership, fields: (keyof Membership)[]): void {
    this.#db.run(
      MEMBERSHIPS.update(fields, "chatId = ? AND userId = ?"),
      ...MEMBERSHIPS.bind(membership, fields),
      membership.chatId,
      membership.userId,
    );
  }

  /** Reads the memberships of a large group in slices. */
  async #ofChat(chatId: string): Promise<Membership[]> {
    const userIds = this.#db.all("SELECT userId FROM memberships WHERE chatId = ?", chatId);
    const rows = await this.#db.readParts(userIds, (part) => {
      const ids = JSON.stringify(part.map((row) => row.userId));
      return this.#all(
        "WHERE chatId = ? AND userId IN (SELECT value FROM json_each(?))",
        chatId,
        ids,
      );
    });
    return rows.sort((a, b) => a.joinedAt - b.joinedAt || (a.userId < b.userId ? -1 : 1));
  }

  #rows(rest: string, ...values: (string | number)[]): Promise<Membership[]> {
    return this.#db.read(() => this.#all(rest, ...values));
  }

  #all(rest: string, ...values: (string | number)[]): Membership[] {
    return this.#db.all(MEMBERSHIPS.select(rest), ...values).map((raw) => MEMBERSHIPS.decode(raw));
  }
}
