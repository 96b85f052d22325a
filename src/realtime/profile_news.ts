import type { Log } from "../core/log.ts";
import type { User } from "../model/user.ts";
import type { Store } from "../store/store.ts";
import { userView } from "../api/views/user.ts";
import { PresenceAudience } from "./presence_audience.ts";
import type { Publisher } from "./publisher.ts";

export interface ProfileNewsOptions {
  store: Pick<Store, "arrivals" | "users" | "memberships" | "blocks">;
  publisher: Pick<Publisher, "toRooms" | "toUsers">;
  log: Log;
  limits: { presenceMembers: number };
}

/**
 * Sends a person's new name, picture or bio to their own devices and to the people who share a chat
 * with them. This is the audience of their presence, so members of large groups learn of a change
 * when they look the person up.
 */
export class ProfileNews {
  readonly #audience: PresenceAudience;

  constructor(private readonly options: ProfileNewsOptions) {
    this.#audience = new PresenceAudience(options.store, options.limits.presenceMembers);
  }

  /** Never throws, and is not awaited. */
  changed(user: User): void {
    this.#inBackground(user.id, () => this.#publish(user));
  }

  /** Publishes a new username. Never throws, and is not awaited. */
  renamed(userId: string): void {
    this.#inBackground(userId, async () => {
      const user = await this.options.store.users.byId(userId);
      if (user) await this.#publish(user);
    });
  }

  #inBackground(userId: string, publish: () => Promise<void>): void {
    publish().catch((error) => this.options.log.warn("Profile update failed", { userId, error }));
  }

  async #publish(user: User): Promise<void> {
    const { publisher } = this.options;
    const event = { event: "user.updated" as const, data: userView(user) };
    publisher.toUsers([user.id], event);
    const { chatIds, exceptUserIds } = await this.#audience.of(user.id);
    publisher.toRooms(chatIds, event, exceptUserIds);
  }
}
