import { AppError, notFound } from "../core/errors.ts";
import type { Membership } from "../model/membership.ts";
import type { Store } from "../store/store.ts";
import type { ChatDraft } from "./chat_draft.ts";

/** Who is not a member of a chat is answered as if there were no such chat. */
export class ChatAccess {
  constructor(private readonly store: Pick<Store, "memberships">) {}

  async requireMember(chatId: string, userId: string): Promise<Membership> {
    const membership = await this.store.memberships.of(chatId, userId);
    if (!membership || membership.leftAt !== null) throw notFound("chat", chatId);
    return membership;
  }
}

/** A direct chat is answered as if there were no such group. */
export function requireGroup(draft: ChatDraft): void {
  if (draft.chat.kind !== "group") throw notFound("group", draft.chat.id);
}

/** `action` reads like "Renaming the group". */
export function requireAdmin(draft: ChatDraft, userId: string, action: string): Membership {
  const member = draft.requireMember(userId, "group", draft.chat.id);
  if (member.role === "member") {
    throw new AppError("forbidden", `${action}: only its owner and admins may`);
  }
  return member;
}

/** As `requireAdmin`, for what admins may not do either. */
export function requireOwner(draft: ChatDraft, userId: string, action: string): Membership {
  const member = draft.requireMember(userId, "group", draft.chat.id);
  if (member.role !== "owner") throw new AppError("forbidden", `${action}: only its owner may`);
  return member;
}
