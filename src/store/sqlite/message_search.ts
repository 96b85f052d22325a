import type { SQLInputValue } from "node:sqlite";
import type { Message } from "../../model/message.ts";
import type { MessageSearch } from "../message_store.ts";
import { containsRuns, messageTerms, type QueryTerms, queryTerms } from "../search_terms.ts";
import type { Database } from "./database.ts";
import { isSearchable, type MessageIndex, PLACE_SLACK, placeOf } from "./message_index.ts";
import { MESSAGES } from "./message_table.ts";

/** Sorts after every id. */
const AFTER_ALL_IDS = "g";

/**
 * For a prefix, FTS5 merges the lists of all words that start with it before it gives the first row:
 * 0.4 µs an entry, so a second for one letter in a chat of a million messages. But what so many
 * messages match is found among the newest few, which are looked at first.
 */
const SHORT_PREFIX = 3;
const NEWEST = 500;

const MATCHING = `SELECT ${MESSAGES.columns} FROM message_index CROSS JOIN messages
  ON messages.place = message_index.rowid
  WHERE message_index MATCH ? AND message_index.rowid <= ? AND messages.id < ?
  ORDER BY message_index.rowid DESC LIMIT ?`;

const NEWEST_OF_ALL = `SELECT ${MESSAGES.columns} FROM
  (SELECT * FROM messages WHERE place <= ? AND id < ? ORDER BY place DESC LIMIT ?) AS messages
  WHERE chatId IN (SELECT value FROM json_each(?))`;

export class SqliteMessageSearch {
  readonly #db: Database;
  readonly #index: MessageIndex;

  constructor(db: Database, index: MessageIndex) {
    this.#db = db;
    this.#index = index;
  }

  run(search: MessageSearch): Message[] {
    const wanted = queryTerms(search.query);
    const isShort = wanted.prefix !== null && wanted.prefix.length <= SHORT_PREFIX;
    return (isShort ? this.#amongNewest(search, wanted) : null) ?? this.#byIndex(search, wanted);
  }

  /** Null if the page is not full and there may be more. */
  #amongNewest(search: MessageSearch, wanted: QueryTerms): Message[] | null {
    const { chatIds, limit } = search;
    const lowerThan = search.before ?? AFTER_ALL_IDS;
    const finished = this.#index.expression(chatIds, { ...wanted, prefix: null });
    const candidates = finished === null
      ? this.#rows(NEWEST_OF_ALL, ...below(lowerThan), NEWEST, JSON.stringify(chatIds))
      : this.#rows(MATCHING, finished, ...below(lowerThan), NEWEST);
    const found = candidates.filter((message) => isSearchable(message) && fits(message, wanted));
    const isAll = finished !== null && candidates.length < NEWEST;
    return isAll || found.length >= limit ? found.slice(0, limit) : null;
  }

  /** Another round only where pairs of characters matched that did not stand together. */
  #byIndex({ chatIds, before, limit }: MessageSearch, wanted: QueryTerms): Message[] {
    const expression = this.#index.expression(chatIds, wanted);
    if (expression === null) return [];
    const found: Message[] = [];
    for (let lowerThan = before ?? AFTER_ALL_IDS;;) {
      const rows = this.#rows(MATCHING, expression, ...below(lowerThan), limit);
      found.push(...rows.filter(({ text }) => containsRuns(text, wanted.runs)));
      if (found.length >= limit || rows.length < limit) return found.slice(0, limit);
      lowerThan = rows.at(-1)!.id;
    }
  }

  #rows(sql: string, ...values: SQLInputValue[]): Message[] {
    return this.#db.all(sql, ...values).map((raw) => MESSAGES.decode(raw));
  }
}

/** The bounds of both statements: by place, which is quick, and by id, which is exact. */
function below(id: string): [number, string] {
  return [placeOf(id) + PLACE_SLACK, id];
}

function fits({ text }: Message, { terms, prefix, runs }: QueryTerms): boolean {
  const own = messageTerms(text);
  return terms.every((term) => own.includes(term)) &&
    (prefix === null || own.some((term) => term.startsWith(prefix))) && containsRuns(text, runs);
}
