import type { User } from "../../model/user.ts";
import { AFTER_ALL_ROWS } from "../creation_order.ts";
import { DuplicateKey } from "../store.ts";
import { nameTerms } from "../search_terms.ts";
import { userChanged, userCreated } from "../webhook_events.ts";
import type {
  CustomUserQuery,
  FoundUsers,
  NewestUsers,
  UserBeginnings,
  UserPatch,
  UserSearch,
  UserStore,
} from "../user_store.ts";
import type { SqliteAuditStore } from "./audit.ts";
import type { SqliteBotStore } from "./bots.ts";
import type { Database } from "./database.ts";
import type { SqliteIdentityStore } from "./identities.ts";
import { SqliteUserSearch } from "./user_search.ts";
import { USERS } from "./user_table.ts";
import type { SqliteWebhookDeliveryStore } from "./webhook_deliveries.ts";

type Field = keyof User & string;

/** The tables that are written with a user. */
export interface UserTables {
  db: Database;
  identities: SqliteIdentityStore;
  audit: SqliteAuditStore;
  bots: SqliteBotStore;
  deliveries: SqliteWebhookDeliveryStore;
}

export class SqliteUserStore implements UserStore {
  readonly #db: Database;
  readonly #search: SqliteUserSearch;

  constructor(private readonly tables: UserTables) {
    this.#db = tables.db;
    this.#search = new SqliteUserSearch(tables.db);
  }

  create(user: User, { identity, entry, bot }: UserBeginnings = {}): Promise<void> {
    return this.#db.write(() => {
      this.#requireFree(user);
      this.#db.run(USERS.insert, ...USERS.bind(user));
      this.index(user);
      if (identity) this.tables.identities.insert(identity);
      if (entry) this.tables.audit.insert(entry);
      if (bot) this.tables.bots.insert(bot);
      this.tables.deliveries.record(userCreated(user));
    });
  }

  byId(id: string): Promise<User | null> {
    return this.#db.read(() => this.get(id));
  }

  exists(id: string): Promise<boolean> {
    return this.#db.read(() => this.#db.get(EXISTS, id) !== undefined);
  }

  byIds(ids: string[]): Promise<User[]> {
    const sql = USERS.select("WHERE id IN (SELECT value FROM json_each(?))");
    return this.#db.readParts(
      [...new Set(ids)],
      (part) => this.#db.all(sql, JSON.stringify(part)).map((raw) => USERS.decode(raw)),
    );
  }

  byUsernameKey(key: string): Promise<User | null> {
    return this.#db.read(() => this.#row("WHERE usernameKey = ?", key));
  }

  byEmailKey(key: string): Promise<User | null> {
    return this.#db.read(() => this.#row("WHERE emailKey = ?", key));
  }

  byExternalId(externalId: string): Promise<User | null> {
    return this.#db.read(() => this.#row("WHERE externalId = ?", externalId));
  }

  external({ after, limit }: { after: string | null; limit: number }): Promise<User[]> {
    const sql = USERS.select("WHERE externalId > ? ORDER BY externalId LIMIT 0 + ?");
    return this.#db.read(() =>
      this.#db.all(sql, after ?? "", limit).map((raw) => USERS.decode(raw))
    );
  }

  update(id: string, patch: UserPatch): Promise<User | null> {
    return this.#db.write(() => this.get(id)?.deletedAt === null ? this.patch(id, patch) : null);
  }

  async markSeen(id: string, at: number): Promise<void> {
    const sql = "UPDATE users SET lastSeenAt = ? " +
      "WHERE id = ? AND deletedAt IS NULL AND coalesce(lastSeenAt, 0) < ?";
    await this.#db.write(() => this.#db.run(sql, at, id, at));
  }

  search(query: UserSearch): Promise<FoundUsers> {
    return this.#search.run(query);
  }

  withCustom({ custom, hiddenFrom, after, limit }: CustomUserQuery): Promise<User[]> {
    const [first, ...others] = custom;
    const sql = withEntries(others.length);
    const values = [first, after ?? "", hiddenFrom, ...others, limit];
    return this.#db.read(() => this.#db.all(sql, ...values).map((raw) => USERS.decode(raw)));
  }

  withRole(role: User["role"]): Promise<User[]> {
    const rows = USERS.select("WHERE role = ? AND deletedAt IS NULL ORDER BY usernameKey");
    return this.#db.read(() => this.#db.all(rows, role).map((raw) => USERS.decode(raw)));
  }

  shadowed(limit: number): Promise<string[]> {
    const sql = `SELECT id FROM users WHERE shadowedAt IS NOT NULL AND deletedAt IS NULL
      ORDER BY shadowedAt DESC LIMIT 0 + ?`;
    return this.#db.read(() => this.#db.all(sql, limit).map(({ id }) => String(id)));
  }

  newest({ before, from, suspended, limit }: NewestUsers): Promise<User[]> {
    const { createdAt, id } = before ?? AFTER_ALL_ROWS;
    const sql = suspended ? NEWEST_SUSPENDED : NEWEST;
    return this.#db.read(() =>
      this.#db.all(sql, createdAt, id, from ?? 0, limit).map((raw) => USERS.decode(raw))
    );
  }

  useTotpStep(id: string, step: number): Promise<boolean> {
    return this.#db.write(() => {
      const totp = this.get(id)?.totp;
      if (!totp || totp.lastStep >= step) return false;
      this.patch(id, { totp: { ...totp, lastStep: step } });
      return true;
    });
  }

  /** Runs within the caller's transaction. */
  get(id: string): User | null {
    return this.#row("WHERE id = ?", id);
  }

  /** Implements `update` within the caller's transaction. */
  patch(id: string, patch: UserPatch): User | null {
    const before = this.get(id);
    if (before === null) return null;
    const fields = (Object.keys(patch) as Field[]).filter((field) =>
      field in USERS.kinds && patch[field as keyof UserPatch] !== undefined
    ).sort();
    const given = Object.fromEntries(
      fields.map((field) => [field, patch[field as keyof UserPatch]]),
    );
    const user: User = { ...before, ...given };
    if (fields.length === 0) return user;
    if (user.usernameKey !== before.usernameKey) this.#requireFree(user);
    this.#db.run(USERS.update(fields, "id = ?"), ...USERS.bind(user, fields), id);
    if (fields.some((field) => NAMING.includes(field))) this.index(user);
    this.tables.deliveries.record(...userChanged(before, user));
    return user;
  }

  #row(where: string, value: string): User | null {
    return this.#db.first(USERS, where, value);
  }

  /** If two keys are taken, SQLite would name the second. */
  #requireFree({ usernameKey }: User): void {
    if (this.#row("WHERE usernameKey = ?", usernameKey)) throw new DuplicateKey("username");
  }

  /** Erased users have no terms, so that no search finds them. */
  index(user: User): void {
    this.#db.run("DELETE FROM user_terms WHERE userId = ?", user.id);
    const terms = user.deletedAt === null ? nameTerms(user.displayName, user.username) : [];
    for (const term of terms) {
      this.#db.run("INSERT INTO user_terms (term, userId) VALUES (?, ?)", term, user.id);
    }
  }
}

/** Reads the people with the first entry, and looks the `others` up for each of them. */
const withEntries = (others: number) => `
  SELECT ${USERS.columns} FROM user_custom CROSS JOIN users ON users.id = user_custom.userId
  WHERE user_custom.entry = ? AND user_custom.userId > ? AND users.deletedAt IS NULL
    AND NOT EXISTS (SELECT 1 FROM blocks WHERE blockerId = users.id AND blockedId = ?)
    ${
  "AND EXISTS (SELECT 1 FROM user_custom AS more WHERE more.entry = ? AND more.userId = users.id)"
    .repeat(others)
}
  ORDER BY user_custom.userId LIMIT 0 + ?`;

const EXISTS = "SELECT 1 FROM users WHERE id = ? AND deletedAt IS NULL";

const newest = (condition: string) =>
  USERS.select(`WHERE (createdAt, id) < (?, ?) AND createdAt >= ? AND deletedAt IS NULL ${condition}
    ORDER BY createdAt DESC, id DESC LIMIT 0 + ?`);
const NEWEST = newest("");
/** The condition is that of the index, word by word. */
const NEWEST_SUSPENDED = newest("AND (suspension IS NOT NULL OR deactivatedAt IS NOT NULL)");

const NAMING: readonly string[] = ["username", "displayName", "deletedAt"];
