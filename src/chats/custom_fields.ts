import type { Chat } from "../model/chat.ts";
import { type CustomData, isSameCustom } from "../model/custom_data.ts";
import type { Membership } from "../model/membership.ts";
import { requireAdmin } from "./chat_access.ts";
import type { ChatDraft } from "./chat_draft.ts";
import type { ChatWriter } from "./chat_writer.ts";
import type { ContactPolicy } from "./contact_policy.ts";

/** Sets the custom data of a chat, and of the caller's own membership. */
export class CustomFields {
  constructor(
    private readonly writer: ChatWriter,
    private readonly contactPolicy: ContactPolicy,
  ) {}

  /** In a group, for the owner and admins; in a direct chat, for both people. */
  ofChat(callerId: string, chatId: string, custom: CustomData | null): Promise<Readonly<Chat>> {
    return this.writer.write(chatId, async (draft) => {
      draft.requireMember(callerId);
      if (draft.chat.kind === "group") requireAdmin(draft, callerId, "change the chat");
      if (isSameCustom(draft.chat.custom, custom)) return draft.chat;
      await this.#requireOpen(draft, callerId, "change the chat");
      return draft.updateChat({ custom });
    });
  }

  ofMember(callerId: string, chatId: string, custom: CustomData | null): Promise<Membership> {
    return this.writer.write(chatId, async (draft) => {
      const member = draft.requireMember(callerId);
      if (isSameCustom(member.custom, custom)) return member;
      await this.#requireOpen(draft, callerId, "change the membership");
      return draft.updateMember(draft.requireMember(callerId), { custom });
    });
  }

  /** Custom data can say anything that a message can, so blocks apply to it. */
  #requireOpen({ chat }: ChatDraft, callerId: string, action: string): Promise<void> {
    return this.contactPolicy.requireOpen(chat, callerId, action);
  }
}
