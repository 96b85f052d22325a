import { isId } from "../../core/ids.ts";
import { MaxHeap } from "../../core/max_heap.ts";
import { WorkBudget } from "../../core/work_budget.ts";
import type { Message } from "../../model/message.ts";
import { invalidCursor } from "../invalid_cursor.ts";
import type { FoundMessages, MessageSearch } from "../message_store.ts";
import { isEmptyQuery, type QueryTerms, queryTerms } from "../search_terms.ts";
import { ChatSearch } from "./chat_search.ts";
import type { Database } from "./database.ts";
import type { IndexBacklog } from "./index_backlog.ts";
import { isSearchable, type MessageIndex } from "./message_index.ts";
import { rowidOf } from "./message_rowid.ts";
import { MESSAGES } from "./message_table.ts";
import { unindexedMatches } from "./unindexed_messages.ts";

/** Milliseconds of work of one search. The next page continues where it stopped. */
const SEARCH_MS = 300;

const CHATS_PER_SLICE = 64;

/** Messages of a page that are read together. */
const ROWS_AT_ONCE = 64;

const AT_PLACES = `SELECT ${MESSAGES.columns} FROM messages
  WHERE place IN (SELECT value FROM json_each(?)) ORDER BY place DESC`;

interface FoundPlaces {
  /** Newest first. */
  places: number[];
  next: string | null;
}

/**
 * Goes back in time through all chats at once: the next step is always in the chat that may hold
 * the newest message that was not searched yet. So the search can stop anywhere, and has found
 * everything newer than its position.
 */
export class SqliteMessageSearch {
  readonly #db: Database;
  readonly #index: MessageIndex;
  readonly #backlog: IndexBacklog;

  constructor(db: Database, index: MessageIndex, backlog: IndexBacklog) {
    this.#db = db;
    this.#index = index;
    this.#backlog = backlog;
  }

  run(search: MessageSearch): Promise<FoundMessages> {
    return this.#db.guard(() => this.#run(search));
  }

  async #run({ chatIds, query, before, limit }: MessageSearch): Promise<FoundMessages> {
    const terms = queryTerms(query);
    const below = before === null ? Infinity : this.#placeBefore(before);
    if (isEmptyQuery(terms) || chatIds.length === 0) return { messages: [], next: null };
    await this.#backlog.catchUp();
    const budget = await WorkBudget.begin(SEARCH_MS);
    const chats = await this.#chats(chatIds, terms, below, budget);
    const { places, next } = await searchBack(chats, limit, budget);
    return { messages: await this.#messages(places, budget), next };
  }

  /** Leaves out what was deleted since it was found. */
  async #messages(places: number[], budget: WorkBudget): Promise<Message[]> {
    const messages: Message[] = [];
    for (let at = 0; at < places.length; at += ROWS_AT_ONCE) {
      await budget.pause();
      for (
        const row of this.#db.all(AT_PLACES, JSON.stringify(places.slice(at, at + ROWS_AT_ONCE)))
      ) {
        const message = MESSAGES.decode(row);
        if (isSearchable(message)) messages.push(message);
      }
    }
    return messages;
  }

  async #chats(
    chatIds: string[],
    query: QueryTerms,
    below: number,
    budget: WorkBudget,
  ): Promise<ChatSearch[]> {
    const unindexedBelow = this.#backlog.reindexBelow() ?? -Infinity;
    const unindexed = await this.#unindexed(chatIds, query, below, budget);
    const searches: ChatSearch[] = [];
    for (let at = 0; at < chatIds.length; at += CHATS_PER_SLICE) {
      await budget.pause();
      for (const { id, number } of this.#numbers(chatIds.slice(at, at + CHATS_PER_SLICE))) {
        const chat = { chatId: String(id), chatNumber: Number(number) };
        const matches = unindexed.get(chat.chatId) ?? [];
        const options = { ...chat, query, below, unindexedBelow, unindexed: matches };
        searches.push(new ChatSearch(this.#db, this.#index, options));
      }
    }
    return searches.filter(({ frontier }) => frontier !== -Infinity);
  }

  async #unindexed(chatIds: string[], query: QueryTerms, below: number, budget: WorkBudget) {
    const { indexedTo } = this.#backlog;
    const scan = { chatIds, query, below, indexedTo };
    const found = await unindexedMatches(this.#db, scan, budget);
    return Map.groupBy(found, ({ chatId }) => chatId);
  }

  #numbers(chatIds: string[]) {
    return this.#db.all(
      "SELECT id, number FROM chats WHERE id IN (SELECT value FROM json_each(?))",
      JSON.stringify(chatIds),
    );
  }

  #placeBefore(cursor: string): number {
    if (/^-?\d{1,16}$/.test(cursor)) return Number(cursor);
    if (!isId(cursor)) throw invalidCursor(cursor);
    const row = this.#db.get("SELECT place FROM messages WHERE id = ?", cursor);
    return row === undefined ? rowidOf(cursor) : Number(row.place);
  }
}

async function searchBack(
  chats: ChatSearch[],
  limit: number,
  budget: WorkBudget,
): Promise<FoundPlaces> {
  const heap = new MaxHeap(chats, (chat) => chat.frontier);
  const start = heap.top?.frontier ?? -Infinity;
  const found: number[] = [];
  for (;;) {
    const frontier = heap.top?.frontier ?? -Infinity;
    // Continues until it has made progress; otherwise the next page would begin where this one did.
    const mustStop = budget.isSpent && frontier < start;
    if (frontier === -Infinity || mustStop || countAbove(found, frontier) > limit) {
      return pageOf(found, frontier, limit);
    }
    found.push(...await heap.top!.advance(budget));
    heap.sink();
    await budget.pause();
  }
}

/**
 * Keeps only matches that are newer than everything not searched yet: the rest may follow a newer
 * match.
 */
function pageOf(found: number[], frontier: number, limit: number): FoundPlaces {
  const sorted = found.filter((place) => place > frontier).sort((a, b) => b - a);
  const places = sorted.slice(0, limit);
  if (sorted.length > limit) return { places, next: String(places.at(-1)) };
  return { places, next: frontier === -Infinity ? null : String(frontier + 1) };
}

function countAbove(found: number[], frontier: number): number {
  let count = 0;
  for (const place of found) if (place > frontier) count++;
  return count;
}
