import type { SQLInputValue } from "node:sqlite";
import { WorkBudget } from "../../core/work_budget.ts";
import type { User } from "../../model/user.ts";
import { isEmptyQuery, matches, nameText, type QueryTerms, queryTerms } from "../search_terms.ts";
import type { FoundUsers, UserSearch } from "../user_store.ts";
import type { Database } from "./database.ts";
import { USERS } from "./user_table.ts";

/** Milliseconds of work of one search. The next page continues where it stopped. */
const SEARCH_MS = 300;
const ROWS_AT_ONCE = 32;
/** People who share a word, past which it is cheaper to read all people in their order. */
const MAX_CANDIDATES = 1_000;

const WITH_TERM = "SELECT userId FROM user_terms WHERE term = ? LIMIT 0 + ?";
/** Nothing sorts after U+10FFFF, so the range contains exactly the words with the prefix. */
const WITH_PREFIX = `SELECT userId FROM user_terms
  WHERE term >= ?1 AND term <= ?1 || char(0x10FFFF) LIMIT 0 + ?2`;

/**
 * True if `?2`, the person who searches, may find the user; hidden users are read too, and left
 * out.
 */
const VISIBLE = `deletedAt IS NULL AND NOT EXISTS
  (SELECT 1 FROM blocks WHERE blockerId = users.id AND blockedId = ?2) AS isVisible`;
const following = (condition: string) =>
  `SELECT ${USERS.columns}, ${VISIBLE} FROM users
   WHERE usernameKey > ?1 ${condition} ORDER BY usernameKey LIMIT ${ROWS_AT_ONCE}`;
const FOLLOWING = following("");
const FOLLOWING_OF = following("AND id IN (SELECT value FROM json_each(?3))");

interface Row {
  user: User;
  isVisible: boolean;
}

/** Finds people by their names, in slices of rows. */
export class SqliteUserSearch {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async run({ prefix, hiddenFrom, after, limit }: UserSearch): Promise<FoundUsers> {
    const query = queryTerms(prefix);
    if (isEmptyQuery(query)) return { users: [], next: null };
    return await this.#db.guard(() => this.#find(query, { hiddenFrom, after, limit }));
  }

  async #find(
    query: QueryTerms,
    { hiddenFrom, after, limit }: Omit<UserSearch, "prefix">,
  ): Promise<FoundUsers> {
    const budget = await WorkBudget.begin(SEARCH_MS);
    const candidates = this.#candidates(query);
    const users: User[] = [];
    for (let from = after ?? "";;) {
      const rows = this.#following(from, hiddenFrom, candidates);
      for (const { user, isVisible } of rows) {
        if (!isVisible || !matches(nameText(user.displayName, user.username), query)) continue;
        if (users.length === limit) return { users, next: users.at(-1)!.usernameKey };
        users.push(user);
      }
      if (rows.length < ROWS_AT_ONCE) return { users, next: null };
      const last = rows.at(-1)!;
      from = last.user.usernameKey;
      if (budget.isSpent && last.isVisible) return { users, next: from };
      await budget.pause();
    }
  }

  #following(after: string, hiddenFrom: string | null, candidates: string | null): Row[] {
    const rows = candidates === null
      ? this.#db.all(FOLLOWING, after, hiddenFrom)
      : this.#db.all(FOLLOWING_OF, after, hiddenFrom, candidates);
    return rows.map((raw) => ({ user: USERS.decode(raw), isVisible: raw.isVisible === 1 }));
  }

  /** The ids, as JSON, of everyone who has one of the query's words; null if each word has many. */
  #candidates({ terms, prefix }: QueryTerms): string | null {
    const lists: [string, SQLInputValue][] = terms.map((term) => [WITH_TERM, term]);
    if (prefix !== null) lists.push([WITH_PREFIX, prefix]);
    for (const [sql, word] of lists) {
      const rows = this.#db.all(sql, word, MAX_CANDIDATES);
      if (rows.length < MAX_CANDIDATES) return JSON.stringify(rows.map(({ userId }) => userId));
    }
    return null;
  }
}
