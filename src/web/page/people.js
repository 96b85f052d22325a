import { call } from "./api.js";

/** Names and presence of people, looked up when they are first needed. */
export class People extends EventTarget {
  #users = new Map();
  #asked = new Set();
  #presence = new Map();

  add(user) {
    this.#asked.add(user.id);
    this.#users.set(user.id, user);
  }

  nameOf(userId) {
    const user = this.#users.get(userId);
    if (!user) this.#ask(userId);
    return user ? user.displayName || user.username : "…";
  }

  async #ask(userId) {
    if (this.#asked.has(userId)) return;
    this.#asked.add(userId);
    try {
      this.add(await call("GET", `/users/${userId}`));
    } catch (error) {
      // Who is not there (any more) stays nameless; after any other failure, the next redraw asks
      // again: it must not be this failure that causes it.
      if (error.status !== 404) return this.#asked.delete(userId);
      this.#users.set(userId, { id: userId, username: "someone" });
    }
    this.dispatchEvent(new Event("change"));
  }

  /** `null` where it is not known or hidden. */
  stateOf(userId) {
    return this.#presence.get(userId)?.state ?? null;
  }

  lastSeenOf(userId) {
    return this.#presence.get(userId)?.lastSeenAt ?? null;
  }

  setPresence(presence) {
    this.#presence.set(presence.userId, presence);
    this.dispatchEvent(new Event("change"));
  }

  /** Asks for the presence of these people; what happens later comes as events. */
  async watch(userIds) {
    if (userIds.length === 0) return;
    const { items } = await call("GET", `/users/status?userIds=${userIds.slice(0, 100).join(",")}`);
    for (const item of items) this.setPresence(item);
  }
}
