import type { WorkBudget } from "../../core/work_budget.ts";
import { containsRuns, messageText, type QueryTerms } from "../search_terms.ts";
import type { Database } from "./database.ts";
import { BLOCK_REVS, blockOf, isSearchable, type MessageIndex } from "./message_index.ts";
import { type MessageText, readPlaces, readTexts } from "./message_places.ts";
import { TOP_PLACE } from "./message_rowid.ts";
import { isMatch } from "./unindexed_messages.ts";

/** Number of messages read together, to be checked one by one. */
const ROWS_AT_ONCE = 16;

/**
 * Number of messages whose places are compared to find the highest: ids of two processes, or of one
 * whose clock stepped back, may be in another order than the history.
 */
const OUT_OF_ORDER = 16;

/** The newest messages before a seq, from an index alone: the highest seq and the highest place. */
const NEWEST_BEFORE = `SELECT max(seq) AS seq, max(place) AS place FROM
  (SELECT seq, place FROM messages WHERE chatId = ? AND seq < ? ORDER BY seq DESC LIMIT ${OUT_OF_ORDER})`;

const LOWEST_FROM = `SELECT min(place) AS place FROM
  (SELECT place FROM messages WHERE chatId = ? AND seq >= ? ORDER BY seq LIMIT ${OUT_OF_ORDER})`;

const PLACES_OF_BLOCK = "SELECT place FROM messages WHERE chatId = ? AND seq >= ? AND seq < ?";
export interface ChatSearchOptions {
  chatId: string;
  chatNumber: number;
  query: QueryTerms;
  /** Only messages with a lower place. */
  below: number;
  /** Messages with a lower place are not in the index. */
  unindexedBelow: number;
  /** Further matches, which the index may lack. */
  unindexed: readonly MessageText[];
}

/** A search in one chat, which goes back through its blocks as far as the caller advances it. */
export class ChatSearch {
  /** The places of the last read block that are still to be checked, highest first. */
  #candidates: number[] = [];
  #isExact = true;
  /** The newest message that is in no block read so far; null once all were read. */
  #rest: { seq: number; place: number } | null;

  constructor(
    private readonly db: Database,
    private readonly index: MessageIndex,
    private readonly options: ChatSearchOptions,
  ) {
    this.#rest = this.#newestBefore(TOP_PLACE);
  }

  /** No message above this place will be found any more; `-Infinity` once the chat is finished. */
  get frontier(): number {
    const rest = Math.min(this.#rest?.place ?? -Infinity, this.options.below - 1);
    return Math.max(this.#candidates[0] ?? -Infinity, rest);
  }

  /** Checks the next few messages, or reads the next block; returns the places of the matches. */
  async advance(budget: WorkBudget): Promise<number[]> {
    if (this.#candidates.length === 0) {
      this.#readBlock();
      return [];
    }
    const some = this.#candidates.slice(0, ROWS_AT_ONCE);
    this.#candidates = this.#candidates.slice(ROWS_AT_ONCE);
    return this.#needsText ? await this.#matchesAmong(some, budget) : some;
  }

  async #matchesAmong(places: number[], budget: WorkBudget): Promise<number[]> {
    const found: number[] = [];
    for (const message of readTexts(this.db, places)) {
      if (budget.isSliceOver) await budget.pause();
      if (this.#isFound(message)) found.push(message.place);
    }
    return found;
  }

  #readBlock(): void {
    const { chatId, chatNumber, query, below } = this.options;
    const block = this.#nextBlock();
    const start = block * BLOCK_REVS;
    this.#rest = this.#newestBefore(start);
    const found = this.#isIndexed(start) ? this.#candidatesIn({ chatNumber, block }, query) : null;
    this.#isExact = found?.isExact ?? false;
    const places = found?.places ??
      readPlaces(this.db, PLACES_OF_BLOCK, chatId, start, start + BLOCK_REVS);
    const unindexed = this.options.unindexed.filter(({ seq }) => blockOf(seq) === block);
    const all = new Set([...places, ...unindexed.map(({ place }) => place)]);
    this.#candidates = [...all].filter((place) => place < below).sort((a, b) => b - a);
  }

  #candidatesIn(block: { chatNumber: number; block: number }, query: QueryTerms) {
    const found = this.index.candidates(block, query);
    if (found === null || query.byCharacter === null) return found;
    const long = this.index.candidates(block, query.byCharacter);
    if (long === null) return null;
    const places = [...found.places, ...long.places];
    return { places, isExact: found.isExact && long.isExact };
  }

  /**
   * The block of the newest message that is left; the first time, the block that contains `below`.
   */
  #nextBlock(): number {
    const { seq, place } = this.#rest!;
    let [low, high] = [0, blockOf(seq)];
    if (place < this.options.below) return high;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#lowestFrom(middle * BLOCK_REVS) < this.options.below) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #isIndexed(start: number): boolean {
    const { unindexedBelow } = this.options;
    return unindexedBelow === -Infinity || this.#lowestFrom(start) >= unindexedBelow;
  }

  /** False if the index, or the scan of what it lacks, has answered the whole query. */
  get #needsText(): boolean {
    return !this.#isExact || this.options.query.runs.length > 0;
  }

  #isFound(message: MessageText): boolean {
    const { query } = this.options;
    if (!this.#isExact) return isMatch(message, query);
    return isSearchable(message) && containsRuns(messageText(message), query.runs);
  }

  #newestBefore(seq: number): { seq: number; place: number } | null {
    const row = this.db.get(NEWEST_BEFORE, this.options.chatId, seq);
    return row?.seq == null ? null : { seq: Number(row.seq), place: Number(row.place) };
  }

  #lowestFrom(seq: number): number {
    return Number(this.db.get(LOWEST_FROM, this.options.chatId, seq)?.place ?? TOP_PLACE);
  }
}
