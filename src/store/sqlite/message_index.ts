import type { Message } from "../../model/message.ts";
import { messageTerms, messageText, type TermSet } from "../search_terms.ts";
import type { Database } from "./database.ts";
import { MESSAGES } from "./message_table.ts";

/**
 * Revisions of a chat that share an entry for each term. FTS5 reads the list of a term from its end to
 * the rowid asked for, so a list must be short: this many messages at most, however long the chat is.
 */
export const BLOCK_REVS = 2_048;

/** Entries of words that start alike, past which it is cheaper to look at the block's messages. */
const MAX_PREFIX_ENTRIES = 1_024;

const MESSAGE_AT = `SELECT ${MESSAGES.columns}, chats.number FROM messages
  JOIN chats ON chats.id = messages.chatId WHERE place = ?`;

/** A message with the terms that its index entry gets. */
export interface IndexEntry {
  place: number;
  /** The revision that was read: an edit since then makes the entry worthless. */
  rev: number;
  /** Empty for what cannot be searched. */
  terms: string[];
}

/** Where to look: a chat's messages with `block * BLOCK_REVS <= seq < (block + 1) * BLOCK_REVS`. */
export interface Block {
  chatNumber: number;
  block: number;
}

/**
 * The FTS5 index of messages, by place. Each term is stored under its block of its chat
 * (`<chat number>·<block>·<term>`), so that a search reads only the caller's chats, however common the
 * word is elsewhere, and only as far back as it has to.
 */
export class MessageIndex {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
    // Reads the index's own list of terms, which nothing else can give in part.
    db.run(`CREATE VIRTUAL TABLE IF NOT EXISTS temp.index_terms
      USING fts5vocab('main', 'message_index', 'instance')`);
  }

  /** Reads a message and finds its terms, which takes far longer than to store them. */
  prepare(place: number): IndexEntry | null {
    const row = this.#db.get(MESSAGE_AT, place);
    if (row === undefined) return null;
    const message = MESSAGES.decode(row);
    const key = { chatNumber: Number(row.number), block: blockOf(message.seq) };
    const terms = isSearchable(message) ? messageTerms(messageText(message)) : [];
    return { place, rev: message.rev, terms: terms.map((term) => keyOf(key, term)) };
  }

  /** Within a transaction. False, and nothing done, if the message has changed since it was read. */
  put({ place, rev, terms }: IndexEntry): boolean {
    if (this.#db.get("SELECT rev FROM messages WHERE place = ?", place)?.rev !== rev) return false;
    if (terms.length === 0) this.remove(place);
    else {
      const sql = "INSERT OR REPLACE INTO message_index (rowid, terms) VALUES (?, ?)";
      this.#db.run(sql, place, terms.join(" "));
    }
    return true;
  }

  remove(place: number): void {
    this.#db.run("DELETE FROM message_index WHERE rowid = ?", place);
  }

  /** The places of messages in the block that have all of these terms, of which there is at least one. */
  withTerms(block: Block, terms: string[]): number[] {
    const expression = terms.map((term) => `"${keyOf(block, term)}"`).join(" AND ");
    return this.#db.all("SELECT rowid FROM message_index WHERE message_index MATCH ?", expression)
      .map(({ rowid }) => Number(rowid));
  }

  /** The places of messages in the block that have a term that starts so; null if they are many. */
  withPrefix(block: Block, prefix: string): number[] | null {
    const first = keyOf(block, prefix);
    const rows = this.#db.all(
      "SELECT doc FROM temp.index_terms WHERE term >= ? AND term <= ? LIMIT ?",
      ...[first, `${first}\u{10FFFF}`, MAX_PREFIX_ENTRIES],
    );
    return rows.length === MAX_PREFIX_ENTRIES ? null : rows.map(({ doc }) => Number(doc));
  }

  /** The places of messages in the block that meet the conditions; null if the index cannot say. */
  candidates(block: Block, { terms, prefix }: TermSet): Candidates | null {
    const having = terms.length === 0 ? null : this.withTerms(block, terms);
    if (prefix === null || having?.length === 0) return having && { places: having, isExact: true };
    const starting = this.withPrefix(block, prefix);
    if (starting === null) return having && { places: having, isExact: false };
    const wanted = having && new Set(having);
    const places = wanted ? starting.filter((place) => wanted.has(place)) : starting;
    return { places, isExact: true };
  }
}

export interface Candidates {
  /** In no particular order; some may be there twice. */
  places: number[];
  /** False if they only meet some of the conditions. */
  isExact: boolean;
}

/** Deleted messages have lost their text; the server never sees that of encrypted ones. */
export function isSearchable(message: Pick<Message, "kind" | "deletedAt">): boolean {
  return message.deletedAt === null && message.kind !== "encrypted";
}

export function blockOf(seq: number): number {
  return Math.floor(seq / BLOCK_REVS);
}

/** "·" is beyond ASCII, so FTS5's tokenizer takes it for a letter; it is in no term. */
function keyOf({ chatNumber, block }: Block, term: string): string {
  return `${chatNumber.toString(36)}·${block.toString(36)}·${term}`;
}
