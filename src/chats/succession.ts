import { fieldError } from "../core/errors.ts";
import type { AuditOrigin } from "../model/audit_entry.ts";
import type { Bot } from "../model/bot.ts";
import type { MemberRole, Membership } from "../model/membership.ts";
import type { BotStore } from "../store/bot_store.ts";
import type { ChatDraft } from "./chat_draft.ts";

/** Maximum number of members whose kind is read at once. */
const MEMBERS_PER_QUERY = 100;

/**
 * Decides who owns a group once its owner has left. An incoming webhook can do nothing but post, and
 * an ended bot can do nothing at all: neither becomes the owner, and a group that only they are left
 * in has been left by all.
 */
export class Succession {
  constructor(private readonly bots: Pick<BotStore, "byIds">) {}

  /** Throws `conflict` for a member that could do nothing with a role. */
  async requireAble(userId: string): Promise<void> {
    const [bot] = await this.bots.byIds([userId]);
    if (!bot || !isInert(bot)) return;
    throw fieldError("conflict", "userId", "Cannot change the role: the member is a webhook");
  }

  /** Makes the successor the owner, or ends the memberships of those who cannot be one. */
  async transfer(draft: ChatDraft, owner: Membership, origin: AuditOrigin): Promise<void> {
    const others = draft.presentMembers().filter((member) => member.userId !== owner.userId);
    const successor = await this.#successor(others);
    draft.despiteFreeze(() => {
      if (successor) return changeRole(draft, successor, "owner", origin);
      for (const member of others) {
        draft.updateMember(member, { leftAt: draft.now, role: "member" });
        draft.record(origin, { action: "member.removed", userId: member.userId });
      }
    });
  }

  /**
   * Returns the longest-standing admin, or else the longest-standing member: a person rather than a
   * bot.
   */
  async #successor(members: Membership[]): Promise<Membership | null> {
    const isAdmin = ({ role }: Membership) => role === "admin";
    const ranked = [...members.filter(isAdmin), ...members.filter((one) => !isAdmin(one))];
    let firstBot: Membership | null = null;
    for (let from = 0; from < ranked.length; from += MEMBERS_PER_QUERY) {
      const page = ranked.slice(from, from + MEMBERS_PER_QUERY);
      const bots = await this.bots.byIds(page.map(({ userId }) => userId));
      const byId = new Map(bots.map((bot) => [bot.id, bot]));
      for (const member of page) {
        const bot = byId.get(member.userId);
        if (!bot || (isAdmin(member) && !isInert(bot))) return member;
        if (!isInert(bot)) firstBot ??= member;
      }
    }
    return firstBot;
  }
}

export function changeRole(
  draft: ChatDraft,
  member: Membership,
  role: MemberRole,
  origin: AuditOrigin,
): void {
  draft.updateMember(member, { role });
  const details = { from: member.role, to: role };
  draft.record(origin, { action: "member.role_changed", userId: member.userId, details });
}

function isInert({ kind, endedAt }: Bot): boolean {
  return kind === "hook" || endedAt !== null;
}
