import { Answer, bind, type Bound } from "../operations/handler.ts";
import { profileView, userView } from "../api/views/user.ts";
import type { AccountErasure } from "./account_erasure.ts";
import * as operations from "../api/operations/users.ts";
import type { Profiles } from "./profiles.ts";

export function userHandlers(profiles: Profiles, erasure: AccountErasure): Bound[] {
  return [
    bind(operations.getProfile, async ({ userId }) => profileView(await profiles.own(userId))),
    bind(operations.updateProfile, async (caller, patch) => {
      return profileView(await profiles.updateBy(caller, patch));
    }),
    bind(operations.deleteProfile, async (caller, { password }) => {
      const done = await erasure.request(caller, password);
      return new Answer(done ? 204 : 202, undefined);
    }),
    bind(operations.searchUsers, async ({ userId }, { q, limit, cursor }) => {
      const { items, next } = await profiles.search(userId, { prefix: q, limit, cursor });
      return { items: items.map(userView), next };
    }),
    bind(operations.listUsers, async (caller, { userIds, custom, ...page }) => {
      if (custom) {
        const { items, next } = await profiles.withCustom(caller.userId, { custom, ...page });
        return { items: items.map(userView), next };
      }
      const found = await profiles.many(caller.userId, userIds!);
      return { items: found.map(userView), next: null };
    }),
    bind(operations.getUser, async (caller, { userId }) => {
      return userView(await profiles.of(caller.userId, userId));
    }),
  ];
}
