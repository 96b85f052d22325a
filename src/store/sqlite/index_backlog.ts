import type { Database } from "./database.ts";
import type { MessageIndex } from "./message_index.ts";

/** A busy chat's messages are indexed together, once a second. */
const REST_MS = 1_000;
/** Where more waits than is taken at once, the rest follows with room for others in between. */
const BREATH_MS = 20;
/** Some 5 ms of work: nobody else's write waits longer. */
const TAKEN_AT_ONCE = 256;

const OLDEST = "SELECT place FROM unindexed ORDER BY place LIMIT ?";

/**
 * Messages on their way into the search index. FTS5 writes six pages a transaction, however little is
 * added, which is a third of what a send would cost; so a send only notes that its message is to be
 * indexed, in its own transaction, and that follows for many at a time. A search waits for it, so
 * whoever has sent a message finds it, also through another process and after a crash.
 */
export class IndexBacklog {
  readonly #db: Database;
  readonly #index: MessageIndex;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(db: Database, index: MessageIndex) {
    this.#db = db;
    this.#index = index;
  }

  /** Within the transaction that writes the message; its place must not be in the index. */
  add(place: number): void {
    this.#db.run("INSERT OR IGNORE INTO unindexed (place) VALUES (?)", place);
    if (this.#timer === undefined) this.#indexAfter(REST_MS);
  }

  /** Resolves once all that was written before is in the index; rejects as writing does. */
  async catchUp(): Promise<void> {
    const isAnyWaiting = await this.#db.read(() => this.#db.get(OLDEST, 1) !== undefined);
    for (let more = isAnyWaiting; more;) more = await this.#indexSome() === TAKEN_AT_ONCE;
  }

  /** What waits is kept for who opens the store next. */
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
    // What fails here (a full disk, say) waits on: the next search says so.
    const taken = await this.#indexSome().catch(() => 0);
    if (taken === TAKEN_AT_ONCE) this.#indexAfter(BREATH_MS);
  }

  #indexSome(): Promise<number> {
    return this.#db.write(() => {
      const places = this.#db.all(OLDEST, TAKEN_AT_ONCE).map(({ place }) => Number(place));
      for (const place of places) {
        this.#index.add(place);
        this.#db.run("DELETE FROM unindexed WHERE place = ?", place);
      }
      return places.length;
    });
  }
}
