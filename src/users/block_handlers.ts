import * as operations from "../api/operations/blocks.ts";
import { hiddenUserView, userView } from "../api/views/user.ts";
import { toTimestamp } from "../core/clock.ts";
import { bind, type Bound } from "../operations/handler.ts";
import type { Blocks } from "./blocks.ts";

export function blockHandlers(blocks: Blocks): Bound[] {
  return [
    bind(operations.blockUser, async (caller, { userId, unblock }) => {
      await blocks.set(caller, userId, !unblock);
      return { userId, blocked: !unblock };
    }),
    bind(operations.listBlocked, async ({ userId }) => {
      const items = (await blocks.list(userId)).map(({ user, block }) => ({
        user: user ? userView(user) : hiddenUserView(block.blockedId),
        blockedAt: toTimestamp(block.createdAt),
      }));
      return { items, next: null };
    }),
  ];
}
