import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import { type DayFigure, dayOf } from "../model/statistics.ts";
import type { Store } from "../store/store.ts";

type Figures = Partial<Record<DayFigure, number>>;

/**
 * Interval in milliseconds between two writes, and so the time that a crash takes from the figures.
 */
const FLUSH_MS = 10_000;
const DAY_MS = 86_400_000;
/** People who are remembered as counted today: the store counts each once in any case. */
const MAX_KNOWN = 100_000;
/** People who are written in one call. */
const PEOPLE_PER_WRITE = 500;

/**
 * Counts figures of the day in memory and adds them to the store from time to time, so that nothing
 * which is counted waits for it. Each instance adds its own.
 */
export class DayCounter {
  #figures = new Map<string, Figures>();
  /** People who are counted for the day `#day`. */
  #known = new Set<string>();
  #pending = new Map<string, string[]>();
  #day = "";
  #dayEnds = 0;
  #timer: ReturnType<typeof setInterval> | null = null;
  #flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: Pick<Store, "statistics" | "users">,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  start(): void {
    this.#timer = setInterval(() => this.flush(), FLUSH_MS);
  }

  count(figure: DayFigure, by = 1): void {
    const day = this.#today();
    const figures = this.#figures.get(day) ?? {};
    figures[figure] = (figures[figure] ?? 0) + by;
    this.#figures.set(day, figures);
  }

  /** Called with everyone who requests something, so that the usual case is one look-up. */
  active(userId: string): void {
    const day = this.#today();
    if (this.#known.has(userId)) return;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.add(userId);
    const pending = this.#pending.get(day);
    if (pending) pending.push(userId);
    else this.#pending.set(day, [userId]);
  }

  /** Messages of kind `system` are written by the server, and do not count. */
  committed({ after, steps }: ChatCommit): void {
    if (after === 0) this.count("chats");
    for (const step of steps) {
      if (step.type !== "message.created" || step.message.kind === "system") continue;
      this.count("messages");
      for (const { size } of step.message.media) {
        this.count("files");
        this.count("fileBytes", size);
      }
    }
  }

  /** Never throws: figures that could not be written are written later. */
  flush(): Promise<void> {
    return this.#flushing = this.#flushing.then(() => this.#flush());
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.flush();
  }

  async #flush(): Promise<void> {
    const [figures, pending] = [this.#figures, this.#pending];
    this.#figures = new Map();
    this.#pending = new Map();
    try {
      for (const [day, userIds] of pending) {
        while (userIds.length > 0) {
          await this.#mark(day, userIds.slice(0, PEOPLE_PER_WRITE));
          userIds.splice(0, PEOPLE_PER_WRITE);
        }
      }
      for (const [day, added] of figures) {
        await this.store.statistics.add(day, added);
        figures.delete(day);
      }
    } catch (error) {
      this.log.warn("Writing statistics failed; it is repeated", { error });
      this.#restore(figures, pending);
    }
  }

  /** Bots are no people, and an erased person is forgotten. */
  async #mark(day: string, userIds: string[]): Promise<void> {
    const users = await this.store.users.byIds(userIds);
    const people = users.filter(({ isBot, deletedAt }) => !isBot && deletedAt === null);
    await this.store.statistics.markActive(day, people.map(({ id }) => id));
  }

  #restore(figures: Map<string, Figures>, pending: Map<string, string[]>): void {
    for (const [day, added] of figures) {
      const later = this.#figures.get(day) ?? {};
      for (const [name, by] of Object.entries(added) as [DayFigure, number][]) {
        later[name] = (later[name] ?? 0) + by;
      }
      this.#figures.set(day, later);
    }
    for (const [day, userIds] of pending) {
      const later = this.#pending.get(day) ?? [];
      this.#pending.set(day, [...userIds, ...later].slice(0, MAX_KNOWN));
    }
  }

  #today(): string {
    const now = this.clock.now();
    if (now >= this.#dayEnds || now < this.#dayEnds - DAY_MS) {
      this.#day = dayOf(now);
      this.#dayEnds = Date.parse(this.#day) + DAY_MS;
      this.#known.clear();
    }
    return this.#day;
  }
}
