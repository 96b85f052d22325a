import type { Membership, NotifyLevel } from "../../model/membership.ts";
import type { CursorMove, MembershipStore } from "../membership_store.ts";
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
});

const PUT = `${MEMBERSHIPS.insert} ON CONFLICT DO UPDATE SET
  role = excluded.role, rev = excluded.rev, joinedAt = excluded.joinedAt, leftAt = excluded.leftAt`;

export class SqliteMembershipStore implements MembershipStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  of(chatId: string, userId: string): Promise<Membership | null> {
    return this.#db.read(() => this.row(chatId, userId));
  }

  ofChat(chatId: string): Promise<Membership[]> {
    return this.#rows("WHERE chatId = ? ORDER BY joinedAt, userId", chatId);
  }

  ofUser(userId: string): Promise<Membership[]> {
    return this.#rows("WHERE userId = ?", userId);
  }

  presentOfUser(userId: string, after: string | null, limit: number): Promise<Membership[]> {
    return this.#rows(
      "WHERE userId = ? AND leftAt IS NULL AND chatId > ? ORDER BY chatId LIMIT ?",
      ...[userId, after ?? "", limit],
    );
  }

  ofUserIn(userId: string, chatIds: string[]): Promise<Membership[]> {
    return this.#rows(
      "WHERE chatId IN (SELECT value FROM json_each(?)) AND userId = ?",
      ...[JSON.stringify(chatIds), userId],
    );
  }

  changed(chatId: string, after: number, upTo: number, limit: number): Promise<Membership[]> {
    return this.#rows(
      "WHERE chatId = ? AND rev > ? AND rev <= ? ORDER BY rev, userId LIMIT ?",
      ...[chatId, after, upTo, limit],
    );
  }

  moveCursors(move: CursorMove): Promise<{ membership: Membership; moved: boolean } | null> {
    return this.#db.write(() => {
      const before = this.#present(move.chatId, move.userId);
      if (before === null) return null;
      const readSeq = Math.max(before.readSeq, move.readSeq ?? 0);
      const deliveredSeq = Math.max(before.deliveredSeq, move.deliveredSeq ?? 0, readSeq);
      const membership = { ...before, readSeq, deliveredSeq };
      const moved = readSeq > before.readSeq || deliveredSeq > before.deliveredSeq;
      if (moved) this.#set(membership, ["readSeq", "deliveredSeq"]);
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
    const sql = MEMBERSHIPS.select("WHERE chatId = ? AND userId = ?");
    return MEMBERSHIPS.decodeOrNull(this.#db.get(sql, chatId, userId));
  }

  /** For a commit, within its transaction: cursors and settings of a row that exists are left alone. */
  put(membership: Membership): void {
    this.#db.run(PUT, ...MEMBERSHIPS.bind(membership));
  }

  #present(chatId: string, userId: string): Membership | null {
    const row = this.row(chatId, userId);
    return row?.leftAt === null ? row : null;
  }

  #set(membership: Membership, fields: (keyof Membership)[]): void {
    this.#db.run(
      MEMBERSHIPS.update(fields, "chatId = ? AND userId = ?"),
      ...MEMBERSHIPS.bind(membership, fields),
      ...[membership.chatId, membership.userId],
    );
  }

  #rows(rest: string, ...values: (string | number)[]): Promise<Membership[]> {
    return this.#db.read(() =>
      this.#db.all(MEMBERSHIPS.select(rest), ...values).map((raw) => MEMBERSHIPS.decode(raw))
    );
  }
}
