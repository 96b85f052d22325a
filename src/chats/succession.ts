import { fieldError } from "../core/errors.ts";
import type { AuditOrigin } from "../model/audit_entry.ts";
import type { Bot } from "../model/bot.ts";
import type { MemberRole, Membership } from "../model/membership.ts";
import { suspensionAt, type User } from "../model/user.ts";
import type { Store } from "../store/store.ts";
import type { ChatDraft } from "./chat_draft.ts";

/** Maximum number of members whose kind is read at once. */
const MEMBERS_PER_QUERY = 100;

/**
 * Decides who owns a group once its owner has left. An incoming webhook can do nothing but post,
 * and an ended bot can do nothing at all: neither becomes the owner, and a group that only they are
 * left in has been left by all.
 */
export class Succession {
  constructor(private readonly store: Pick<Store, "bots" | "users">) {}

  /** Throws `conflict` for a member that could do nothing with a role. */
  async requireAble(userId: string): Promise<void> {
    const [bot] = await this.store.bots.byIds([userId]);
    if (!bot || !isInert(bot)) return;
    throw fieldError("conflict", "userId", "Cannot change the role: the member is a webhook");
  }

  /** Makes the successor the owner, or ends the memberships of those who cannot be one. */
  async transfer(draft: ChatDraft, owner: Membership, origin: AuditOrigin): Promise<void> {
    const others = draft.presentMembers().filter((member) => member.userId !== owner.userId);
    const successor = await this.#successor(others, draft.now);
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
   * bot, and one who can sign in rather than one who is suspended or deactivated.
   */
  async #successor(members: Membership[], now: number): Promise<Membership | null> {
    const isAdmin = ({ role }: Membership) => role === "admin";
    const ranked = [...members.filter(isAdmin), ...members.filter((one) => !isAdmin(one))];
    const first = new Map<Kind, Membership>();
    for (let from = 0; from < ranked.length; from += MEMBERS_PER_QUERY) {
      const page = ranked.slice(from, from + MEMBERS_PER_QUERY);
      const kinds = await this.#kindsOf(page, now);
      for (const member of page) {
        const kind = kinds.get(member.userId) ?? "locked";
        if (kind === "person" || (kind === "bot" && isAdmin(member))) return member;
        if (!first.has(kind)) first.set(kind, member);
      }
    }
    return first.get("bot") ?? first.get("locked") ?? null;
  }

  async #kindsOf(members: Membership[], now: number): Promise<Map<string, Kind>> {
    const ids = members.map(({ userId }) => userId);
    const users = await this.store.users.byIds(ids);
    const bots = users.some(({ isBot }) => isBot) ? await this.store.bots.byIds(ids) : [];
    const inert = new Set(bots.filter(isInert).map(({ id }) => id));
    return new Map(
      users.map((user) => [user.id, inert.has(user.id) ? "inert" : kindOf(user, now)]),
    );
  }
}

type Kind = "person" | "bot" | "locked" | "inert";

function kindOf(user: User, now: number): Kind {
  if (suspensionAt(user, now)) return "locked";
  return user.isBot ? "bot" : "person";
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
