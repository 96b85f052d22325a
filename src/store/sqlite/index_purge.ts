import type { Database } from "./database.ts";

/** Pages of the index that one step merges: some 5 ms of work. */
const STEP_PAGES = 8;
const PAUSE_MS = 20;
/** Milliseconds spent on it while the store closes; the rest follows at the next start. */
const CLOSE_BUDGET_MS = 500;

const MARK = "index_purge";

/**
 * Milliseconds from the first deletion to the start of the purge, so that many deletions share one.
 */
const DELAY_MS = 30_000;

/**
 * Purges the words of deleted messages from the search index. FTS5 only records that a row is gone;
 * its words stay in the index until the segments that contain them are merged, which for an old
 * message may be never. So some time after a deletion all segments are merged into one, in short
 * steps. A mark in the database records that a purge is due, so that it survives crashes and other
 * processes see it.
 */
export class IndexPurge {
  readonly #db: Database;
  readonly #delayMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> = Promise.resolve();
  #removals = 0;
  #closed = false;

  constructor(db: Database, delayMs = DELAY_MS) {
    this.#db = db;
    this.#delayMs = delayMs;
    if (this.#isDue()) this.#schedule();
  }

  /** Runs within the transaction that removes a message's words from the index. */
  note(): void {
    this.#removals++;
    this.#db.run("INSERT OR IGNORE INTO meta (key, value) VALUES (?, '1')", MARK);
    this.#schedule();
  }

  /** Runs a due purge for as long as a drain can wait. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running;
    if (this.#isDue()) await this.#purge(performance.now() + CLOSE_BUDGET_MS).catch(() => {});
  }

  #isDue(): boolean {
    return this.#db.get("SELECT 1 FROM meta WHERE key = ?", MARK) !== undefined;
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#round();
    }, this.#delayMs);
    Deno.unrefTimer(this.#timer);
  }

  /** After a failure (a full disk, say) it is tried again after the usual delay. */
  async #round(): Promise<void> {
    const isDone = await this.#purge(Infinity).catch(() => false);
    this.#timer = undefined;
    if (!isDone) this.#schedule();
  }

  /** Returns false if it was interrupted, or messages were removed in the meantime. */
  async #purge(deadline: number): Promise<boolean> {
    const removalsBefore = this.#removals;
    // Negative: all segments are to be merged. Continues until there was nothing to do.
    for (let pages = -STEP_PAGES; await this.#merge(pages); pages = STEP_PAGES) {
      if (performance.now() >= deadline) return false;
      if (this.#closed && deadline === Infinity) return false;
      if (deadline === Infinity) await pause();
    }
    return await this.#db.write(() => {
      if (this.#removals !== removalsBefore) return false;
      this.#db.run("DELETE FROM meta WHERE key = ?", MARK);
      return true;
    });
  }

  /** Returns true if it changed anything, and there may be more. */
  #merge(pages: number): Promise<boolean> {
    return this.#db.write(() => {
      const before = this.#changes();
      this.#db.run("INSERT INTO message_index (message_index, rank) VALUES ('merge', ?)", pages);
      // The command counts as one change by itself.
      return this.#changes() - before > 1;
    });
  }

  #changes(): number {
    return Number(this.#db.get("SELECT total_changes() AS n")!.n);
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
