import { AppError, notFound } from "../core/errors.ts";
import type { Membership } from "../model/membership.ts";
import type { Store } from "../store/store.ts";
import type { ChatDraft } from "./chat_draft.ts";

/** Checks membership. A caller who is not a member gets the error of a chat that does not exist. */
export class ChatAccess {
  constructor(private readonly store: Pick<Store, "memberships">) {}

  async requireMember(chatId: string, userId: string): Promise<Membership> {
    const membership = await this.store.memberships.of(chatId, userId);
    if (!membership || membership.leftAt !== null) throw notFound("chat", chatId);
    return membership;
  }
}

/** Throws `not_found` for a direct chat, as if there were no such group. */
export function requireGroup(draft: ChatDraft): void {
  if (draft.chat.kind !== "group") throw notFound("group", draft.chat.id);
}

/** Throws unless the user is owner or admin. `action` is an infinitive, like "rename the group". */
export function requireAdmin(draft: ChatDraft, userId: string, action: string): Membership {
  const member = draft.requireMember(userId, "group", draft.chat.id);
  if (member.role === "member") {
    throw new AppError("forbidden", `Cannot ${action}: only the owner and admins may`);
  }
  return member;
}

/**
 * Throws unless the user is the owner, for what admins may not do either. `action` is as for
 * `requireAdmin`.
 */
export function requireOwner(draft: ChatDraft, userId: string, action: string): Membership {
  const member = draft.requireMember(userId, "group", draft.chat.id);
  if (member.role !== "owner") {
    throw new AppError("forbidden", `Cannot ${action}: only the owner may`);
  }
  return member;
}
