import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Store } from "../store/store.ts";

const HOUR = 3_600_000;

/** How long ended sessions are kept, for users who review where they were signed in. */
const KEEP_ENDED_SESSIONS_MS = 30 * 24 * HOUR;

/** How long notifications are kept. Older ones are not looked at any more. */
const KEEP_NOTIFICATIONS_MS = 90 * 24 * HOUR;

/** How long a push that is still shown on a device can be withdrawn. */
const KEEP_SHOWN_PUSHES_MS = 30 * 24 * HOUR;

/** Deletes expired rows: ended sessions after a month, unused links, old key packages. */
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

  /** Runs immediately and then every hour, each time followed by `also`. */
  start(also: () => Promise<void>): void {
    this.#also = also;
    this.#timer = setInterval(() => this.round(), HOUR);
    this.round();
  }

  /** Runs once more, followed by `also`, after the run in progress. */
  round(): Promise<void> {
    return this.#running = this.#running.then(() => this.run()).then(() => this.#also());
  }

  /** Never throws: the next run tries again. */
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
      this.log.warn("Cleanup of expired rows failed", { error });
    }
  }

  /** Resolves once no run is in progress. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#running;
  }
}
