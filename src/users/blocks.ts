import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, notFound } from "../core/errors.ts";
import type { Block } from "../model/block.ts";
import type { Caller } from "../model/caller.ts";
import type { User } from "../model/user.ts";
import type { AuditTrail } from "../audit/audit_trail.ts";
import type { Publisher } from "../realtime/publisher.ts";
import type { Store } from "../store/store.ts";

export interface BlockedPerson {
  /** Null where the person has blocked the caller too: their profile is not the caller's to see. */
  user: User | null;
  block: Block;
}

/**
 * Whom a person wants nothing from. The blocked are not told: what they try answers as if the blocker
 * did not exist, or as if the chat just took no messages. In groups that both are in, messages
 * go on; the blocker's devices know from `user.blocks` and from hello whose to hide, since an event
 * is encoded once for all who hear it.
 */
export class Blocks {
  constructor(
    private readonly store: Pick<Store, "blocks" | "users" | "memberships">,
    private readonly publisher: Pick<Publisher, "toUsers">,
    private readonly audit: AuditTrail,
    private readonly clock: Clock,
    private readonly limits: { blocks: number },
  ) {}

  /** Blocking twice, and unblocking who is not blocked, change nothing. */
  async set(caller: Caller, userId: string, blocked: boolean): Promise<void> {
    const changed = blocked
      ? await this.#add(caller.userId, userId)
      : await this.store.blocks.remove(caller.userId, userId);
    if (!changed) return;
    const action = blocked ? "user.blocked" : "user.unblocked";
    // On the blocker's record alone: the blocked read theirs.
    await this.audit.own(caller.userId, caller, { action, details: { userId } });
    this.publisher.toUsers([caller.userId], {
      event: "user.blocks",
      data: { userId, blocked },
    });
  }

  /** Most recently blocked first; those who erased their accounts too. */
  async list(userId: string): Promise<BlockedPerson[]> {
    const blocks = await this.store.blocks.by(userId);
    const users = await this.store.users.byIds(blocks.map(({ blockedId }) => blockedId));
    const byId = new Map(users.map((user) => [user.id, user]));
    const blockers = new Set(await this.store.blocks.blockersAmong(userId, [...byId.keys()]));
    return blocks.flatMap((block) => {
      const user = byId.get(block.blockedId);
      if (!user) return [];
      return [{ user: blockers.has(user.id) ? null : user, block }];
    });
  }

  async idsBlockedBy(userId: string): Promise<string[]> {
    return (await this.store.blocks.by(userId)).map(({ blockedId }) => blockedId);
  }

  async #add(blockerId: string, blockedId: string): Promise<boolean> {
    if (blockerId === blockedId) {
      throw fieldError("invalid_request", "userId", "Blocking: this is yourself");
    }
    const user = await this.store.users.byId(blockedId);
    const isThere = user !== null && user.deletedAt === null;
    if (!isThere || !await mayName(this.store, blockerId, blockedId)) {
      throw notFound("user", blockedId);
    }
    const most = this.limits.blocks;
    const there = await this.store.blocks.by(blockerId);
    if (there.some((block) => block.blockedId === blockedId)) return false;
    if (there.length >= most) {
      throw new AppError("conflict", `Blocking: there are ${most} people blocked already`);
    }
    return await this.store.blocks.add({ blockerId, blockedId, createdAt: this.clock.now() });
  }
}

/**
 * Whether the caller may know that the person exists: not if they have blocked the caller, unless both are
 * in a chat, where the caller sees them in any case. Without this, who is blocked could tell a block
 * from an account that does not exist.
 */
export async function mayName(
  { blocks, memberships }: Pick<Store, "blocks" | "memberships">,
  callerId: string,
  userId: string,
): Promise<boolean> {
  return !await blocks.has(userId, callerId) || await memberships.shareChat(callerId, userId);
}
