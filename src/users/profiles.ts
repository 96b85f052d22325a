import type { Clock } from "../core/clock.ts";
import { notFound } from "../core/errors.ts";
import type { User } from "../model/user.ts";
import type { Store } from "../store/store.ts";

export type ProfilePatch = Partial<
  Pick<User, "displayName" | "bio" | "avatarMediaId" | "lastSeenHidden">
>;

/** Changes a user's avatar, which must be one of the user's processed images. */
export interface AvatarSource {
  changeAvatar<T>(userId: string, mediaId: string | null, change: () => Promise<T>): Promise<T>;
}

/** Reads, changes and finds profiles. */
export class Profiles {
  constructor(
    private readonly store: Pick<Store, "users" | "blocks">,
    private readonly clock: Clock,
    private readonly avatars: AvatarSource,
    private readonly onChanged: (user: User) => void,
  ) {}

  async own(userId: string): Promise<User> {
    const user = await this.store.users.byId(userId);
    if (!user) throw notFound("user", userId);
    return user;
  }

  update(userId: string, patch: ProfilePatch): Promise<User> {
    const { avatarMediaId } = patch;
    if (avatarMediaId === undefined) return this.#update(userId, patch);
    const change = () => this.#update(userId, patch);
    return this.avatars.changeAvatar(userId, avatarMediaId, change);
  }

  async #update(userId: string, patch: ProfilePatch): Promise<User> {
    const given = Object.entries(patch).filter(([, value]) => value !== undefined);
    const fields = { ...Object.fromEntries(given), updatedAt: this.clock.now() };
    const user = await this.store.users.update(userId, fields);
    if (!user) throw notFound("user", userId);
    this.onChanged(user);
    return user;
  }

  /** Throws `not_found` for a user who has blocked the caller; an erased account is returned. */
  async of(callerId: string, userId: string): Promise<User> {
    const user = await this.store.users.byId(userId);
    if (!user || await this.store.blocks.has(userId, callerId)) throw notFound("user", userId);
    return user;
  }

  /** Returns the users among `userIds` that `of` would return, in any order. */
  async many(callerId: string, userIds: string[]): Promise<User[]> {
    const blockers = new Set(await this.store.blocks.blockersAmong(callerId, userIds));
    return await this.store.users.byIds(userIds.filter((id) => !blockers.has(id)));
  }

  /** Never searches e-mail addresses, and never returns users who have blocked the caller. */
  async search(
    callerId: string,
    query: { prefix: string; limit: number; cursor?: string },
  ): Promise<{ items: User[]; next: string | null }> {
    const { prefix, limit, cursor: after = null } = query;
    const found = await this.store.users.search({ prefix, hiddenFrom: callerId, after, limit });
    return { items: found.users, next: found.next };
  }
}
