import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, notFound } from "../core/errors.ts";
import type { Block } from "../model/block.ts";
import type { Caller } from "../model/caller.ts";
import type { User } from "../model/user.ts";
import type { AuditTrail } from "../audit/audit_trail.ts";
import type { Publisher } from "../realtime/publisher.ts";
import type { Store } from "../store/store.ts";

export interface BlockedPerson {
  /** Null if that person has blocked the caller too, who then may not see their profile. */
  user: User | null;
  block: Block;
}

export interface BlocksOptions {
  store: Pick<Store, "blocks" | "users" | "memberships">;
  publisher: Pick<Publisher, "toUsers">;
  audit: AuditTrail;
  clock: Clock;
  /** Called once one person has blocked another, or unblocked them. Never throws. */
  onChanged: (blockerId: string, blockedId: string, blocked: boolean) => Promise<void>;
  limits: { blocks: number };
}

/**
 * The users that a user has blocked. The blocked user is not notified: their requests fail as if
 * the blocker did not exist, or as if the chat just accepted no messages. In groups that both are
 * in, messages are still delivered; the blocker's devices learn from `user.blocks` and from hello
 * whose messages to hide, because an event is encoded once for all recipients.
 */
export class Blocks {
  constructor(private readonly options: BlocksOptions) {}

  /** Blocking a blocked user, or unblocking one who is not blocked, changes nothing. */
  async set(caller: Caller, userId: string, blocked: boolean): Promise<void> {
    const changed = blocked
      ? await this.#add(caller.userId, userId)
      : await this.options.store.blocks.remove(caller.userId, userId);
    if (!changed) return;
    await this.options.onChanged(caller.userId, userId, blocked);
    const action = blocked ? "user.blocked" : "user.unblocked";
    // Only in the blocker's audit trail, because the blocked user can read their own.
    await this.options.audit.own(caller.userId, caller, { action, details: { userId } });
    this.options.publisher.toUsers([caller.userId], {
      event: "user.blocks",
      data: { userId, blocked },
    });
  }

  /** Most recently blocked first, including erased accounts. */
  async list(userId: string): Promise<BlockedPerson[]> {
    const blocks = await this.options.store.blocks.by(userId);
    const users = await this.options.store.users.byIds(blocks.map(({ blockedId }) => blockedId));
    const byId = new Map(users.map((user) => [user.id, user]));
    const blockers = new Set(
      await this.options.store.blocks.blockersAmong(userId, [...byId.keys()]),
    );
    return blocks.flatMap((block) => {
      const user = byId.get(block.blockedId);
      if (!user) return [];
      return [{ user: blockers.has(user.id) ? null : user, block }];
    });
  }

  async #add(blockerId: string, blockedId: string): Promise<boolean> {
    if (blockerId === blockedId) {
      throw fieldError(
        "invalid_request",
        "userId",
        "Cannot block this user: it is your own account",
      );
    }
    const user = await this.options.store.users.byId(blockedId);
    const exists = user !== null && user.deletedAt === null;
    if (!exists || !await mayName(this.options.store, blockerId, blockedId)) {
      throw notFound("user", blockedId);
    }
    const max = this.options.limits.blocks;
    const block = { blockerId, blockedId, createdAt: this.options.clock.now() };
    const { outcome } = await this.options.store.blocks.add(block, max);
    if (outcome === "full") throw tooMany(max);
    return outcome === "added";
  }
}

function tooMany(max: number): AppError {
  const message = `Cannot block this user: you have already blocked the maximum of ${max} users`;
  return new AppError("conflict", message);
}

/**
 * True if the caller may learn that the person exists: not if that person has blocked the caller,
 * unless both are in one chat, where the caller sees them anyway. Without this check, a blocked
 * user could tell a block from an account that does not exist.
 */
export async function mayName(
  { blocks, memberships }: Pick<Store, "blocks" | "memberships">,
  callerId: string,
  userId: string,
): Promise<boolean> {
  return !await blocks.has(userId, callerId) || await memberships.shareChat(callerId, userId);
}
