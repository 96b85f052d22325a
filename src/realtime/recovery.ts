import { forEachOf } from "../core/concurrency.ts";
import type { Log } from "../core/log.ts";
import type { WireEvent } from "../model/event.ts";
import type { Store } from "../store/store.ts";
import type { ConnectionIndex } from "./connection_index.ts";
import type { Retries } from "./retries.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** Users who are looked up at once after a gap: the Store has to serve requests meanwhile. */
const RECOVER_AT_ONCE = 8;

/** The hub, as far as a recovery reaches it. */
export interface RecoveryTarget {
  toUsers(userIds: Iterable<string>, event: WireEvent): void;
  endSessions(sessionIds: readonly string[]): void;
}

/** Puts right what may have been missed while other instances could not be heard. */
export class Recovery {
  #running = false;
  #again = false;
  #resync = false;

  constructor(
    private readonly hub: RecoveryTarget,
    private readonly connections: ConnectionIndex,
    private readonly subscriptions: Pick<Subscriptions, "checkHeads" | "subscribe">,
    private readonly store: Pick<Store, "sessions">,
    private readonly retries: Retries,
    private readonly log: Log,
  ) {}

  /** Gently, since thousands may be connected. A gap that comes meanwhile has it done once more. */
  async run(resync: boolean): Promise<void> {
    this.#again = true;
    this.#resync ||= resync;
    if (this.#running) return;
    this.#running = true;
    while (this.#again) {
      const tell = this.#resync;
      this.#again = this.#resync = false;
      await this.#rooms();
      await forEachOf([...this.connections.users()], RECOVER_AT_ONCE, (userId) => {
        return this.#user(userId, tell);
      });
    }
    this.#running = false;
  }

  async #rooms(): Promise<void> {
    try {
      await this.subscriptions.checkHeads();
    } catch (error) {
      this.log.warn("Checking chats after a gap failed", { error });
      this.retries.later(() => this.#rooms());
    }
  }

  async #user(userId: string, tell: boolean): Promise<void> {
    try {
      const connections = [...this.connections.ofUser(userId)];
      await this.#endSessions(new Set(connections.map(({ caller }) => caller.sessionId)));
      await this.subscriptions.subscribe(userId, connections);
      if (tell) this.hub.toUsers([userId], { event: "resync", data: {} });
    } catch (error) {
      this.log.warn("Checking a user's chats after a gap failed", { userId, error });
      this.retries.later(() => this.#user(userId, tell));
    }
  }

  async #endSessions(sessionIds: Iterable<string>): Promise<void> {
    for (const sessionId of sessionIds) {
      const session = await this.store.sessions.byId(sessionId);
      if (session === null || session.endedAt !== null) this.hub.endSessions([sessionId]);
    }
  }
}
