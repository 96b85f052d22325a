import type { Database } from "./database.ts";

const POSITION = "SELECT value FROM meta WHERE key = 'indexedTo'";
const ADVANCE = "UPDATE meta SET value = ? WHERE key = 'indexedTo'";

const IS_BEHIND = `?1 <= CAST((${POSITION}) AS INTEGER)`;
const QUEUE_BEHIND = `INSERT OR IGNORE INTO unindexed (place) SELECT ?1 WHERE ${IS_BEHIND}`;
const NEXT = "SELECT place FROM messages WHERE place > ? ORDER BY place LIMIT 0 + ?";
const IS_AHEAD = `SELECT 1 FROM messages WHERE place > CAST((${POSITION}) AS INTEGER)
  LIMIT 1 OFFSET 0 + ?`;
const QUEUE_PASSED = `INSERT OR IGNORE INTO unindexed (place)
  SELECT place FROM messages WHERE place > ?1 AND place <= ?2
    AND place NOT IN (SELECT value FROM json_each(?3))`;

/**
 * The place up to which messages are in the search index: those above it wait for it, without a row
 * for each. The table `unindexed` holds the exceptions, which are at or below the position and have
 * yet to be indexed: edited messages, and those committed with an older id.
 */
export class IndexPosition {
  constructor(private readonly db: Database) {}

  get place(): number {
    return Number(this.db.get(POSITION)!.value);
  }

  /** True if more than `count` messages lie past the position. */
  isBehindBy(count: number): boolean {
    return this.db.get(IS_AHEAD, count) !== undefined;
  }

  /** Runs within the transaction that writes the message. */
  queueBehind(place: number): void {
    this.db.run(QUEUE_BEHIND, place);
  }

  /** The first places past `place`. */
  next(place: number, limit: number): number[] {
    return this.db.all(NEXT, place, limit).map((row) => Number(row.place));
  }

  /**
   * Runs within a transaction: moves the position from `from` to the last of the places, and queues
   * the messages in between that were committed since the places were read. Returns false, and does
   * nothing, if another process has moved it.
   */
  advance(from: number, places: readonly number[]): boolean {
    if (this.place !== from) return false;
    const to = places[places.length - 1];
    this.db.run(QUEUE_PASSED, from, to, JSON.stringify(places));
    this.db.run(ADVANCE, String(to));
    return true;
  }
}
