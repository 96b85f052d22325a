import type { Message } from "../../model/message.ts";
import { messageTerms, messageText, type TermSet } from "../search_terms.ts";
import type { Database } from "./database.ts";
import { readPlaces } from "./message_places.ts";
import { MESSAGES } from "./message_table.ts";

/**
 * Revisions of a chat that share an entry for each term. FTS5 reads the list of a term from its end
 * to the requested rowid, so a list must be short: at most this many messages, however long the
 * chat is.
 */
export const BLOCK_REVS = 2_048;

/**
 * Entries of words with the same beginning, past which it is cheaper to read the block's messages.
 */
const MAX_PREFIX_ENTRIES = 1_024;

const MESSAGE_AT = `SELECT ${MESSAGES.columns}, chats.number FROM messages
  JOIN chats ON chats.id = messages.chatId WHERE place = ?`;

const WITH_TERMS = "SELECT rowid AS place FROM message_index WHERE message_index MATCH ?";
const WITH_PREFIX = `SELECT doc AS place FROM temp.index_terms WHERE term >= ? AND term <= ?
  LIMIT ${MAX_PREFIX_ENTRIES}`;

/** A message with the terms of its index entry. */
export interface IndexEntry {
  place: number;
  /** The revision that was read: an edit since then invalidates the entry. */
  rev: number;
  /** Empty for a message that cannot be searched. */
  terms: string[];
}

/** A chat's messages with `block * BLOCK_REVS <= seq < (block + 1) * BLOCK_REVS`. */
export interface Block {
  chatNumber: number;
  block: number;
}

/**
 * The FTS5 index of messages, by place. Each term is stored under its block of its chat (`<chat
 * number>·<block>·<term>`), so that a search reads only the caller's chats, however common the word
 * is elsewhere, and only as far back as it has to.
 */
export class MessageIndex {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
    // Reads the index's own list of terms, the only access to a range of it.
    db.run(`CREATE VIRTUAL TABLE IF NOT EXISTS temp.index_terms
      USING fts5vocab('main', 'message_index', 'instance')`);
  }

  /** Reads a message and computes its terms, which takes far longer than storing them. */
  prepare(place: number): IndexEntry | null {
    const row = this.#db.get(MESSAGE_AT, place);
    if (row === undefined) return null;
    const message = MESSAGES.decode(row);
    const key = { chatNumber: Number(row.number), block: blockOf(message.seq) };
    const terms = isSearchable(message) ? messageTerms(messageText(message)) : [];
    return { place, rev: message.rev, terms: terms.map((term) => keyOf(key, term)) };
  }

  /**
   * Runs within a transaction. Returns false, and does nothing, if the message has changed since it
   * was read.
   */
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

  /**
   * The places of messages in the block that have all of these terms, of which there is at least
   * one.
   */
  withTerms(block: Block, terms: string[]): number[] {
    const expression = terms.map((term) => `"${keyOf(block, term)}"`).join(" AND ");
    return readPlaces(this.#db, WITH_TERMS, expression);
  }

  /**
   * The places of messages in the block that have a term with this prefix; null if there are too
   * many.
   */
  withPrefix(block: Block, prefix: string): number[] | null {
    const first = keyOf(block, prefix);
    const places = readPlaces(this.#db, WITH_PREFIX, first, `${first}\u{10FFFF}`);
    return places.length === MAX_PREFIX_ENTRIES ? null : places;
  }

  /**
   * The places of messages in the block that meet the conditions; null if the index cannot tell.
   */
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
  /** In no particular order, possibly with duplicates. */
  places: number[];
  /** False if they meet only some of the conditions. */
  isExact: boolean;
}

/** Deleted messages have lost their text; the server never sees that of encrypted ones. */
export function isSearchable(message: Pick<Message, "kind" | "deletedAt">): boolean {
  return message.deletedAt === null && message.kind !== "encrypted";
}

export function blockOf(seq: number): number {
  return Math.floor(seq / BLOCK_REVS);
}

/** "·" is beyond ASCII, so FTS5's tokenizer treats it as a letter; it occurs in no term. */
function keyOf({ chatNumber, block }: Block, term: string): string {
  return `${chatNumber.toString(36)}·${block.toString(36)}·${term}`;
}
