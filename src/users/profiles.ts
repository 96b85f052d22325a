import type { Clock } from "../core/clock.ts";
import { fieldError, notFound } from "../core/errors.ts";
import type { Caller } from "../model/caller.ts";
import type { User } from "../model/user.ts";
import { requireMayChange } from "../operations/key_access.ts";
import { filterEntries } from "../store/custom_entries.ts";
import type { Store } from "../store/store.ts";

export type ProfilePatch = Partial<
  Pick<User, "displayName" | "bio" | "avatarMediaId" | "lastSeenHidden" | "custom">
>;

/** Changes a user's avatar, which must be one of the user's processed images. */
export interface AvatarSource {
  changeAvatar<T>(userId: string, mediaId: string | null, change: () => Promise<T>): Promise<T>;
}

export interface ProfilesOptions {
  store: Pick<Store, "bots" | "users" | "blocks">;
  clock: Clock;
  avatars: AvatarSource;
  onChanged: (user: User) => void;
  /** Keys of custom data by which people may be filtered. */
  filters: readonly string[];
}

/** Maximum number of pages read for one of a search, where webhooks are left out of it. */
const MAX_SEARCH_PAGES = 5;

/** Reads, changes and finds profiles. */
export class Profiles {
  constructor(private readonly options: ProfilesOptions) {}

  async own(userId: string): Promise<User> {
    const user = await this.options.store.users.byId(userId);
    if (!user) throw notFound("user", userId);
    return user;
  }

  /** Changes the caller's profile; a server's key needs `admins:write` for an administrator's. */
  async updateBy(caller: Caller, patch: ProfilePatch): Promise<User> {
    if (caller.key) requireMayChange(caller, await this.own(caller.userId));
    return await this.update(caller.userId, patch);
  }

  update(userId: string, patch: ProfilePatch): Promise<User> {
    const { avatarMediaId } = patch;
    if (avatarMediaId === undefined) return this.#update(userId, patch);
    const change = () => this.#update(userId, patch);
    return this.options.avatars.changeAvatar(userId, avatarMediaId, change);
  }

  async #update(userId: string, patch: ProfilePatch): Promise<User> {
    const given = Object.entries(patch).filter(([, value]) => value !== undefined);
    const fields = { ...Object.fromEntries(given), updatedAt: this.options.clock.now() };
    const user = await this.options.store.users.update(userId, fields);
    if (!user) throw notFound("user", userId);
    this.options.onChanged(user);
    return user;
  }

  /** Throws `not_found` for a user who has blocked the caller; an erased account is returned. */
  async of(callerId: string, userId: string): Promise<User> {
    const user = await this.options.store.users.byId(userId);
    if (!user || await this.options.store.blocks.has(userId, callerId)) {
      throw notFound("user", userId);
    }
    return user;
  }

  /** Returns the users among `userIds` that `of` would return, in any order. */
  async many(callerId: string, userIds: string[]): Promise<User[]> {
    const blockers = new Set(await this.options.store.blocks.blockersAmong(callerId, userIds));
    return await this.options.store.users.byIds(userIds.filter((id) => !blockers.has(id)));
  }

  /** Returns people by declared keys of their custom data, without those who block the caller. */
  async withCustom(
    callerId: string,
    query: { custom: Record<string, string>; limit: number; cursor?: string },
  ): Promise<{ items: User[]; next: string | null }> {
    const custom = filterEntries(query.custom, this.options.filters, "list people");
    if (custom.length === 0) {
      throw fieldError("invalid_request", "custom", "Cannot list people: custom names no key");
    }
    const { limit, cursor: after = null } = query;
    const page = { custom, hiddenFrom: callerId, after, limit: limit + 1 };
    const found = await this.options.store.users.withCustom(page);
    const items = found.slice(0, limit);
    return { items, next: found.length > limit ? items.at(-1)!.id : null };
  }

  /**
   * Never searches e-mail addresses, and never returns users who have blocked the caller, nor
   * incoming webhooks, whose names are for their groups only: a page may have fewer than `limit`.
   */
  async search(
    callerId: string,
    query: { prefix: string; limit: number; cursor?: string },
  ): Promise<{ items: User[]; next: string | null }> {
    const { prefix, limit, cursor = null } = query;
    const items: User[] = [];
    let next = cursor;
    for (let pages = 0; pages < MAX_SEARCH_PAGES && items.length < limit; pages++) {
      const page = { prefix, hiddenFrom: callerId, after: next, limit: limit - items.length };
      const found = await this.options.store.users.search(page);
      items.push(...await this.#withoutHooks(found.users));
      next = found.next;
      if (next === null) break;
    }
    return { items, next };
  }

  async #withoutHooks(users: User[]): Promise<User[]> {
    const botIds = users.filter(({ isBot }) => isBot).map(({ id }) => id);
    if (botIds.length === 0) return users;
    const bots = await this.options.store.bots.byIds(botIds);
    const hooks = new Set(bots.filter(({ kind }) => kind === "hook").map(({ id }) => id));
    return users.filter(({ id }) => !hooks.has(id));
  }
}
