import type { Database } from "./database.ts";

const INTERVAL_MS = 60_000;

/**
 * Empties SQLite's write-ahead log at intervals. SQLite itself only overwrites it from the start,
 * so that on an idle server the log would keep deleted rows, and their copies, permanently.
 */
export class LogTruncation {
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(db: Database, intervalMs = INTERVAL_MS) {
    this.#timer = setInterval(() => db.truncateLog(), intervalMs);
    Deno.unrefTimer(this.#timer);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
