import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { ChatClient } from "../../../client/mod.ts";
import type { UserView } from "../../../api/views/user.ts";
import { t } from "../texts/texts.ts";

export interface Presence {
  state: "online" | "away" | "busy" | "offline" | "invisible";
  text: string;
  lastSeenAt: string | null;
}

/** Statuses that one call may ask for. */
const MAX_STATUSES = 100;

/** Names, pictures and presence of people, each looked up when it is first shown. */
export class People {
  readonly blocked = signal<ReadonlySet<string>>(new Set());
  readonly #users = new Map<string, Signal<UserView | null>>();
  readonly #presence = new Map<string, Signal<Presence | null>>();
  readonly #asked = new Set<string>();

  constructor(private readonly client: ChatClient) {
    client.on("user.updated", ({ data }) => this.add(data));
    client.on("presence", ({ data }) => this.#presenceSignal(data.userId).value = data);
    client.on("user.blocks", ({ data: { userId, blocked } }) => {
      const next = new Set(this.blocked.peek());
      if (blocked) next.add(userId);
      else next.delete(userId);
      this.blocked.value = next;
    });
  }

  add(user: UserView): void {
    this.#asked.add(user.id);
    this.#userSignal(user.id).value = user;
  }

  user(userId: string): UserView | null {
    this.#ask(userId);
    return this.#userSignal(userId).value;
  }

  nameOf(userId: string): string {
    const user = this.user(userId);
    if (user === null) return "…";
    return user.displayName || user.username || t().someone;
  }

  presenceOf(userId: string): Presence | null {
    return this.#presenceSignal(userId).value;
  }

  presenceSignalOf(userId: string): ReadonlySignal<Presence | null> {
    return this.#presenceSignal(userId);
  }

  isBlocked(userId: string): boolean {
    return this.blocked.value.has(userId);
  }

  /** Asks for the presence of these people; what happens later comes as events. */
  async watch(userIds: string[]): Promise<void> {
    const named = [...new Set(userIds)].slice(0, MAX_STATUSES);
    if (named.length === 0) return;
    const { items } = await this.client.call("presence.get", { userIds: named });
    for (const { userId, ...presence } of items) this.#presenceSignal(userId).value = presence;
  }

  async loadBlocked(): Promise<void> {
    const { items } = await this.client.call("user.blocked", {});
    for (const { user } of items) this.add(user);
    this.blocked.value = new Set(items.map(({ user }) => user.id));
  }

  /** A person who is not there any more stays nameless; any other failure is tried again when shown. */
  #ask(userId: string): void {
    if (this.#asked.has(userId)) return;
    this.#asked.add(userId);
    this.client.call("user.get", { userId }).then(
      (user) => this.add(user),
      (error) => {
        if (error.code !== "not_found") return void this.#asked.delete(userId);
        const unknown = { displayName: "", bio: "", avatarMediaId: null };
        this.add({ id: userId, username: "", ...unknown });
      },
    );
  }

  #userSignal(userId: string): Signal<UserView | null> {
    return signalIn(this.#users, userId);
  }

  #presenceSignal(userId: string): Signal<Presence | null> {
    return signalIn(this.#presence, userId);
  }
}

function signalIn<T>(signals: Map<string, Signal<T | null>>, key: string): Signal<T | null> {
  let known = signals.get(key);
  if (!known) signals.set(key, known = signal<T | null>(null));
  return known;
}
