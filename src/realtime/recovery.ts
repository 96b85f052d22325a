import { forEachOf } from "../core/concurrency.ts";
import type { Log } from "../core/log.ts";
import type { WireEvent } from "../model/event.ts";
import type { Store } from "../store/store.ts";
import type { ConnectionIndex } from "./connection_index.ts";
import type { Retries } from "./retries.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** Users checked concurrently after a gap: the Store has to serve requests at the same time. */
const USERS_AT_ONCE = 8;

/** The part of the hub that a recovery calls. */
export interface RecoveryTarget {
  toUsers(userIds: Iterable<string>, event: WireEvent): void;
  endSessions(sessionIds: readonly string[]): void;
}

export interface RecoveryOptions {
  hub: RecoveryTarget;
  connections: ConnectionIndex;
  subscriptions: Pick<Subscriptions, "checkHeads" | "subscribe">;
  store: Pick<Store, "sessions">;
  retries: Retries;
  log: Log;
}

/** Repairs what may have been missed while signals of other instances could not be received. */
export class Recovery {
  #running = false;
  #again = false;
  #resync = false;

  constructor(private readonly options: RecoveryOptions) {}

  /** Runs gently, since thousands may be connected. A gap during a run starts one more run. */
  async run(resync: boolean): Promise<void> {
    this.#again = true;
    this.#resync ||= resync;
    if (this.#running) return;
    this.#running = true;
    while (this.#again) {
      const resync = this.#resync;
      this.#again = this.#resync = false;
      await this.#rooms();
      await forEachOf([...this.options.connections.users()], USERS_AT_ONCE, (userId) => {
        return this.#user(userId, resync);
      });
    }
    this.#running = false;
  }

  async #rooms(): Promise<void> {
    try {
      await this.options.subscriptions.checkHeads();
    } catch (error) {
      this.options.log.warn("Recovery after a gap failed: cannot check chats", { error });
      this.options.retries.later(() => this.#rooms());
    }
  }

  async #user(userId: string, resync: boolean): Promise<void> {
    try {
      const connections = [...this.options.connections.ofUser(userId)];
      await this.#endSessions(new Set(connections.map(({ caller }) => caller.sessionId)));
      await this.options.subscriptions.subscribe(userId, connections);
      if (resync) this.options.hub.toUsers([userId], { event: "resync", data: {} });
    } catch (error) {
      this.options.log.warn("Recovery after a gap failed: cannot check a user's chats", {
        userId,
        error,
      });
      this.options.retries.later(() => this.#user(userId, resync));
    }
  }

  async #endSessions(sessionIds: Iterable<string>): Promise<void> {
    for (const sessionId of sessionIds) {
      const session = await this.options.store.sessions.byId(sessionId);
      if (session === null || session.endedAt !== null) this.options.hub.endSessions([sessionId]);
    }
  }
}
