import type { Message } from "../../model/message.ts";
import { messageTerms, type QueryTerms } from "../search_terms.ts";
import type { Database } from "./database.ts";

const MESSAGE_AT = `SELECT messages.kind, text, deletedAt, number FROM messages
  JOIN chats ON chats.id = messages.chatId WHERE place = ?`;

/**
 * The FTS5 index of messages, by place. Each term is stored under its chat (`<chat number>·<term>`), so
 * that a search reads only what is in the caller's chats, however common the word is elsewhere.
 */
export class MessageIndex {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** As the message is now; one that cannot be searched is left out. Its place must not be in here. */
  add(place: number): void {
    const row = this.#db.get(MESSAGE_AT, place);
    if (!row || !isSearchable(row as unknown as Message)) return;
    const terms = messageTerms(String(row.text)).map((term) => keyOf(Number(row.number), term));
    if (terms.length === 0) return;
    this.#db.run("INSERT INTO message_index (rowid, terms) VALUES (?, ?)", place, terms.join(" "));
  }

  remove(place: number): void {
    this.#db.run("DELETE FROM message_index WHERE rowid = ?", place);
  }

  /** What to MATCH; null when there is nothing to look for or nowhere to look. */
  expression(chatIds: string[], query: QueryTerms): string | null {
    if (query.terms.length === 0 && query.prefix === null) return null;
    const chats = this.#db.all(
      "SELECT number FROM chats WHERE id IN (SELECT value FROM json_each(?))",
      JSON.stringify(chatIds),
    );
    const inChats = chats.map(({ number }) => inChat(Number(number), query));
    return inChats.length === 0 ? null : inChats.join(" OR ");
  }
}

/** Deleted messages have lost their text; the server never sees that of encrypted ones. */
export function isSearchable(message: Pick<Message, "kind" | "deletedAt">): boolean {
  return message.deletedAt === null && message.kind !== "encrypted";
}

/** "·" is beyond ASCII, so FTS5's tokenizer takes it for a letter; it is in no term. */
function keyOf(chatNumber: number, term: string): string {
  return `${chatNumber.toString(36)}·${term}`;
}

function inChat(chatNumber: number, { terms, prefix }: QueryTerms): string {
  const exact = terms.map((term) => `"${keyOf(chatNumber, term)}"`);
  const all = prefix === null ? exact : [...exact, `"${keyOf(chatNumber, prefix)}"*`];
  return `(${all.join(" AND ")})`;
}

/** Places lie between `-HALF` and `HALF`: the times of UUIDv7 from 1970 to 2109 fit. */
const HALF = 2 ** 53 - 1;
const MIDDLE_MS = 2 ** 41;
/** Values of the 12 bits after the time: the counter of `newId`. */
const PER_MS = 4096;

/**
 * Where an id lies in the order of ids, as an integer that SQLite and JavaScript both hold exactly:
 * its milliseconds and the 12 bits that follow. FTS5 orders by rowid only, so with this as the rowid
 * "newest first" needs no sorting. Ids of two processes may share a place: see `FREE_PLACE`.
 */
export function placeOf(id: string): number {
  const ms = parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  const place = (ms - MIDDLE_MS) * PER_MS + parseInt(id.slice(15, 18), 16);
  return Number.isFinite(place) ? Math.min(place, HALF) : HALF;
}

/** How far from its place a message may have had to go. */
export const PLACE_SLACK = 64;

/** SQL: `?1` if nobody has taken that place, else the first beyond all those close by. */
export const FREE_PLACE = `CASE WHEN EXISTS (SELECT 1 FROM messages WHERE place = ?1)
  THEN (SELECT max(place) + 1 FROM messages WHERE place BETWEEN ?1 AND ?1 + ${PLACE_SLACK - 1})
  ELSE ?1 END`;
