import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { fieldError } from "../core/errors.ts";
import {
  dayOf,
  daysBetween,
  type DayStatistics,
  emptyDay,
  type Totals,
} from "../model/statistics.ts";
import type { Store } from "../store/store.ts";

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const MAX_DAYS = 366;
/** For how long totals are remembered: they count rows. */
const TOTALS_MS = 60_000;

export interface StatisticsOptions {
  store: Pick<Store, "statistics">;
  clock: Clock;
  log: Log;
  /** Writes what this instance has counted and not written yet. */
  flush: () => Promise<void>;
}

/** Figures of the server for administrators. */
export class Statistics {
  #totals: { at: number; value: Promise<Totals> } | null = null;

  constructor(private readonly options: StatisticsOptions) {}

  /**
   * Returns each day of the range, by default the last 30; throws `invalid_request` for too many.
   */
  async days(from?: string, to?: string): Promise<DayStatistics[]> {
    await this.options.flush();
    const last = to ?? dayOf(this.options.clock.now());
    const first = from ?? dayOf(Date.parse(last) - (DEFAULT_DAYS - 1) * DAY_MS);
    const count = (Date.parse(last) - Date.parse(first)) / DAY_MS + 1;
    if (count < 1 || count > MAX_DAYS) {
      const message = `Cannot count: "from" must be at most ${MAX_DAYS - 1} days before "to"`;
      throw fieldError("invalid_request", "from", message);
    }
    const found = await this.options.store.statistics.days(first, last);
    const byDay = new Map(found.map((row) => [row.day, row]));
    return daysBetween(first, last).map((day) => byDay.get(day) ?? emptyDay(day));
  }

  totals(): Promise<Totals> {
    const now = this.options.clock.now();
    if (this.#totals && now - this.#totals.at < TOTALS_MS) return this.#totals.value;
    const value = this.options.store.statistics.totals();
    this.#totals = { at: now, value };
    value.catch(() => this.#totals = null);
    return value;
  }

  /** Forgets who was active before yesterday: only the numbers stay. Never throws. */
  async forget(): Promise<void> {
    const { store, clock, log } = this.options;
    try {
      await store.statistics.forgetActive(dayOf(clock.now() - DAY_MS));
    } catch (error) {
      log.warn("Cleanup of statistics failed; it is repeated", { error });
    }
  }
}
