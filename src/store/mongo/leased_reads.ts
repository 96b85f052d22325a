import { delay } from "../../core/delay.ts";

/** Milliseconds for which a row that was read counts as current. */
const LEASE_MS = 100;
/** For timers that fire early. */
const MARGIN_MS = 10;
/** Most rows that are kept; each is kept for `LEASE_MS` at most. */
const MAX_ROWS = 10_000;

interface Kept<Row> {
  row: Row;
  readAt: Moment;
}

/** By two clocks: one stands still while a machine is suspended, the other may be set back. */
interface Moment {
  monotonic: number;
  wall: number;
}

export interface LeasedReadsOptions<Row> {
  load: (id: string) => Promise<Row>;
  /** True for a row that is read much more often than it changes. */
  mayKeep: (row: Row) => boolean;
  now?: () => Moment;
  wait?: (ms: number) => Promise<void>;
}

/**
 * Reads a row once for look-ups that are repeated within a moment, as by a client that sends one
 * message after another. They see every change that was reported as done: a change of such a row,
 * on any instance, awaits `untilSeen` before it resolves, and by then no instance relies on what it
 * read before. This takes no call to other instances and compares no clocks of two hosts. The rare
 * change pays for it.
 */
export class LeasedReads<Row> {
  readonly #options: Required<LeasedReadsOptions<Row>>;
  /** In order of reading. */
  readonly #kept = new Map<string, Kept<Row>>();

  constructor(options: LeasedReadsOptions<Row>) {
    this.#options = { now: moment, wait: delay, ...options };
  }

  async get(id: string): Promise<Row> {
    const kept = this.#kept.get(id);
    if (kept && this.#isCurrent(kept)) return kept.row;
    const readAt = this.#options.now();
    const row = await this.#options.load(id);
    this.#kept.delete(id);
    if (this.#options.mayKeep(row)) this.#keep(id, { row, readAt });
    return row;
  }

  /** The next `get` here reads again: for a change that may be seen a moment later elsewhere. */
  forget(id: string): void {
    this.#kept.delete(id);
  }

  /** Call once a change is durable. Resolves when no instance returns a row as it was before. */
  untilSeen(): Promise<void> {
    return this.#options.wait(LEASE_MS + MARGIN_MS);
  }

  #keep(id: string, kept: Kept<Row>): void {
    this.#kept.set(id, kept);
    for (const [oldest, each] of this.#kept) {
      if (this.#kept.size <= MAX_ROWS && this.#isCurrent(each)) break;
      this.#kept.delete(oldest);
    }
  }

  #isCurrent({ readAt }: Kept<Row>): boolean {
    const now = this.#options.now();
    const ages = [now.monotonic - readAt.monotonic, now.wall - readAt.wall];
    return ages.every((ms) => ms >= 0 && ms < LEASE_MS);
  }
}

function moment(): Moment {
  return { monotonic: performance.now(), wall: Date.now() };
}
