import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Store } from "../store/store.ts";

const HOUR = 3_600_000;

/** People look at where they were signed in; after this an ended session tells them nothing more. */
const KEEP_ENDED_SESSIONS_MS = 30 * 24 * HOUR;

/** What nobody has looked at for so long, nobody will. */
const KEEP_NOTIFICATIONS_MS = 90 * 24 * HOUR;

/** After this a push that is still shown on a device is not withdrawn any more. */
const KEEP_SHOWN_PUSHES_MS = 30 * 24 * HOUR;

/** Forgets what has run out: sessions of a month ago, links nobody followed, old key packages. */
export class Maintenance {
  #timer: ReturnType<typeof setInterval> | null = null;
  #running: Promise<void> = Promise.resolve();
  #also: () => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly store: Pick<
      Store,
      | "sessions"
      | "oneTimeTokens"
      | "keyPackages"
      | "notifications"
      | "pushDevices"
      | "shownPushes"
      | "contacts"
    >,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** At once, and then every hour, `also` included. */
  start(also: () => Promise<void>): void {
    this.#also = also;
    this.#timer = setInterval(() => this.round(), HOUR);
    this.round();
  }

  /** Runs once more, `also` included, after what is under way. */
  round(): Promise<void> {
    return this.#running = this.#running.then(() => this.run()).then(() => this.#also());
  }

  /** Never throws: the next time will do. */
  async run(): Promise<void> {
    try {
      const now = this.clock.now();
      await this.store.sessions.purge(now - KEEP_ENDED_SESSIONS_MS);
      await this.store.pushDevices.purge(now);
      await this.store.shownPushes.purge(now - KEEP_SHOWN_PUSHES_MS);
      await this.store.oneTimeTokens.purge(now);
      await this.store.keyPackages.purge(now);
      await this.store.contacts.purge(now);
      await this.store.notifications.purge(now - KEEP_NOTIFICATIONS_MS);
    } catch (error) {
      this.log.warn("Forgetting what has run out failed", { error });
    }
  }

  /** Resolves once nothing is under way. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#running;
  }
}
