import { WorkBudget } from "../../core/work_budget.ts";
import type { Database } from "./database.ts";
import { IndexPosition } from "./index_position.ts";
import type { IndexEntry, MessageIndex } from "./message_index.ts";
import { unavailable } from "./sqlite_errors.ts";
import { MAX_SCANNED } from "./unindexed_messages.ts";

/**
 * Milliseconds until a message is indexed, together with those that follow it; at once if they fill
 * a transaction.
 */
const INTERVAL_MS = 1_000;
/**
 * Pause in milliseconds between transactions if one is not enough, so that other work runs in
 * between.
 */
const PAUSE_MS = 20;
/** Messages that wait, as far as this process knows, above which there is no pause. */
const MAX_WAITING = 512;
/**
 * Messages, and terms, of one transaction: a few milliseconds of work, whatever people have
 * written.
 */
const MAX_MESSAGES = 128;
const MAX_TERMS = 5_000;
/**
 * Milliseconds of work on the index that a search waits for, if it cannot read all messages that
 * are not in it; those left out by then are found a little later.
 */
const CATCH_UP_TIMEOUT_MS = 1_000;

const OLDEST = "SELECT place FROM unindexed ORDER BY place LIMIT 0 + ?";
const IS_QUEUE_LONGER = "SELECT 1 FROM unindexed LIMIT 1 OFFSET 0 + ?";
const QUEUE = "INSERT OR IGNORE INTO unindexed (place) VALUES (?)";
const NEWEST_BELOW = "SELECT place FROM messages WHERE place < ? ORDER BY place DESC LIMIT 0 + ?";

/**
 * Messages that wait for the search index. FTS5 writes six pages per transaction, however little is
 * added, which is a third of what a send would cost; so a send only writes its message, and
 * indexing follows for many at a time, from the place that it has reached (`IndexPosition`). A
 * search reads the texts of those that still wait (`unindexedMatches`), so senders find their own
 * messages, also through another process and after a crash; only if they are too many, it waits for
 * the index.
 *
 * The terms of a message are computed outside of the transaction, in slices: this is the larger
 * part of the work. An entry whose message was edited in the meantime is dropped, since the edit
 * has queued it again.
 */
export class IndexBacklog {
  readonly #db: Database;
  readonly #index: MessageIndex;
  readonly #position: IndexPosition;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isRunning = false;
  /** Messages added since the last round began. */
  #added = 0;
  #closed = false;

  constructor(db: Database, index: MessageIndex) {
    this.#db = db;
    this.#index = index;
    this.#position = new IndexPosition(db);
    if (this.reindexBelow() !== null) this.#indexAfter(INTERVAL_MS);
  }

  /** Messages above this place are not in the index yet, nor are those that are queued. */
  get indexedTo(): number {
    return this.#position.place;
  }

  /** Runs within the transaction that writes the message; its place must not be in the index. */
  add(place: number): void {
    this.#position.queueBehind(place);
    this.#added++;
    if (this.#isRunning) return;
    if (this.#added === MAX_MESSAGES) this.#indexAfter(0);
    else if (this.#timer === undefined) this.#indexAfter(INTERVAL_MS);
  }

  /**
   * Resolves once a search can read what is missing in the index, or the wait has timed out;
   * rejects as writing does. Messages that another process has left are indexed soon.
   */
  async catchUp(): Promise<void> {
    if (!this.#isBehindBy(0)) return;
    if (this.#timer === undefined && !this.#isRunning) this.#indexAfter(INTERVAL_MS);
    if (!this.#isBehindBy(MAX_SCANNED)) return;
    const budget = await WorkBudget.begin(CATCH_UP_TIMEOUT_MS);
    while (this.#isBehindBy(MAX_SCANNED) && await this.#indexSome(budget) && !budget.isSpent);
  }

  /** Resolves once the backlog is empty, however long that takes. */
  async drain(): Promise<void> {
    const budget = await WorkBudget.begin();
    while (await this.#indexSome(budget));
  }

  /**
   * Messages below this place are from an earlier release and not in the index yet; null if all
   * are.
   */
  reindexBelow(): number | null {
    const row = this.#db.get("SELECT value FROM meta WHERE key = 'reindexBelow'");
    return row === undefined ? null : Number(row.value);
  }

  /** The backlog stays in the file for the next process that opens it. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #indexAfter(ms: number): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#indexRound(), ms);
    Deno.unrefTimer(this.#timer);
  }

  async #indexRound(): Promise<void> {
    this.#timer = undefined;
    this.#isRunning = true;
    const addedBefore = this.#added;
    this.#added = 0;
    // After a failure (a full disk, say) it is tried once more; then the backlog stays, for the
    // next message's round.
    const delayMs = await this.#indexOrReindex().catch(() => null);
    this.#isRunning = false;
    if (delayMs !== null) this.#indexAfter(delayMs);
    else if (addedBefore + this.#added > 0) this.#indexAfter(INTERVAL_MS);
  }

  /** Returns the milliseconds until the next round; null if nothing was left to do. */
  async #indexOrReindex(): Promise<number | null> {
    const budget = await WorkBudget.begin();
    if (await this.#indexSome(budget)) return this.#pauseMs();
    if (await this.#reindexSome(budget)) return PAUSE_MS;
    // Messages that are not on disk yet were not seen, however long that takes.
    return this.#isBehindBy(0) ? Math.max(PAUSE_MS, this.#pauseMs()) : null;
  }

  /** A round for each few messages would write far more pages than one for many. */
  #pauseMs(): number {
    if (this.#isBehindBy(MAX_WAITING)) return 0;
    const isFull = this.#isBehindBy(MAX_MESSAGES - 1) || this.reindexBelow() !== null;
    return isFull ? PAUSE_MS : INTERVAL_MS;
  }

  #isBehindBy(count: number): boolean {
    return this.#position.isBehindBy(count) || this.#db.get(IS_QUEUE_LONGER, count) !== undefined;
  }

  /** Returns true if there may be more. */
  async #indexSome(budget: WorkBudget): Promise<boolean> {
    return await this.#indexQueued(budget) || await this.#indexNext(budget);
  }

  async #indexQueued(budget: WorkBudget): Promise<boolean> {
    const places = await this.#places(OLDEST, MAX_MESSAGES);
    const entries = await this.#prepare(places, budget);
    if (places.length === 0) return false;
    await this.#write(budget, () => {
      for (const [i, entry] of entries.entries()) {
        if (entry !== null && !this.#index.put(entry)) continue;
        this.#db.run("DELETE FROM unindexed WHERE place = ?", places[i]);
      }
    });
    return true;
  }

  /** Indexes the messages past the position; one that was edited in the meantime is queued. */
  async #indexNext(budget: WorkBudget): Promise<boolean> {
    const [from, places] = await this.#db.read(() => {
      const from = this.#position.place;
      return [from, this.#position.next(from, MAX_MESSAGES)];
    });
    const entries = await this.#prepare(places, budget);
    if (places.length === 0) return false;
    await this.#write(budget, () => {
      if (!this.#position.advance(from, places.slice(0, entries.length))) return;
      for (const [i, entry] of entries.entries()) {
        if (entry !== null && !this.#index.put(entry)) this.#db.run(QUEUE, places[i]);
      }
    });
    return true;
  }

  /**
   * As `#indexSome`, for messages of earlier releases; another process may do so at the same time.
   */
  async #reindexSome(budget: WorkBudget): Promise<boolean> {
    const below = await this.#db.read(() => this.reindexBelow());
    if (below === null) return false;
    const places = await this.#places(NEWEST_BELOW, below, MAX_MESSAGES);
    const entries = await this.#prepare(places, budget);
    await this.#write(budget, () => {
      if (this.reindexBelow() !== below) return;
      for (const entry of entries) if (entry !== null) this.#index.put(entry);
      this.#setReindexBelow(places[entries.length - 1]);
    });
    return true;
  }

  #setReindexBelow(place: number | undefined): void {
    if (place === undefined) this.#db.run("DELETE FROM meta WHERE key = 'reindexBelow'");
    else this.#db.run("UPDATE meta SET value = ? WHERE key = 'reindexBelow'", String(place));
  }

  #places(sql: string, ...values: number[]): Promise<number[]> {
    return this.#db.read(() => this.#db.all(sql, ...values).map(({ place }) => Number(place)));
  }

  /**
   * Prepares as many of the first places as one transaction takes, at least one; null for a row
   * that is gone.
   */
  async #prepare(places: number[], budget: WorkBudget): Promise<(IndexEntry | null)[]> {
    const entries: (IndexEntry | null)[] = [];
    let terms = 0;
    for (const place of places) {
      await budget.pause();
      if (this.#closed) throw unavailable("The store is closed");
      const entry = this.#index.prepare(place);
      terms += entry?.terms.length ?? 0;
      if (terms > MAX_TERMS && entries.length > 0) break;
      entries.push(entry);
    }
    return entries;
  }

  #write(budget: WorkBudget, work: () => void): Promise<void> {
    return budget.waitFor(this.#db.write(work));
  }
}
