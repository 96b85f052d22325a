import type { Log } from "../core/log.ts";
import type { User } from "../model/user.ts";
import type { Store } from "../store/store.ts";
import { userView } from "../api/views/user.ts";
import { PresenceAudience } from "./presence_audience.ts";
import type { Publisher } from "./publisher.ts";

export interface ProfileNewsOptions {
  store: Pick<Store, "users" | "memberships" | "chats" | "blocks">;
  publisher: Pick<Publisher, "toRooms" | "toUsers">;
  log: Log;
  limits: { presenceMembers: number };
}

/**
 * Sends a person's new name, picture or bio to their own devices and to those who share a chat with them:
 * the audience of their presence, so the members of large groups learn of it when they look them up.
 */
export class ProfileNews {
  readonly #audience: PresenceAudience;

  constructor(private readonly options: ProfileNewsOptions) {
    this.#audience = new PresenceAudience(options.store, options.limits.presenceMembers);
  }

  /** Never throws, and is not waited for. */
  changed(user: User): void {
    this.#inBackground(user.id, () => this.#publish(user));
  }

  /** The person has another username. Never throws, and is not waited for. */
  renamed(userId: string): void {
    this.#inBackground(userId, async () => {
      const user = await this.options.store.users.byId(userId);
      if (user) await this.#publish(user);
    });
  }

  #inBackground(userId: string, publish: () => Promise<void>): void {
    publish().catch((error) =>
      this.options.log.warn("Publishing a profile change failed", { userId, error })
    );
  }

  async #publish(user: User): Promise<void> {
    const { publisher } = this.options;
    const event = { event: "user.updated" as const, data: userView(user) };
    publisher.toUsers([user.id], event);
    const { chatIds, exceptUserIds } = await this.#audience.of(user.id);
    publisher.toRooms(chatIds, event, exceptUserIds);
  }
}
