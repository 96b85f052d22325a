import type { ChatAccess } from "../chats/chat_access.ts";
import { fieldError, quote } from "../core/errors.ts";
import { isId } from "../core/ids.ts";
import type { Store } from "../store/store.ts";

/**
 * Checks the chat that an upload is for, which decides whether it is ciphertext; the sender must be
 * a member.
 */
export class UploadTarget {
  constructor(
    private readonly store: Pick<Store, "chats">,
    private readonly access: ChatAccess,
  ) {}

  async isEncrypted(userId: string, chatId: string | null | undefined): Promise<boolean> {
    if (chatId == null) return false;
    if (!isId(chatId)) {
      throw fieldError("invalid_request", "chatId", `chatId must be an id, not ${quote(chatId)}`);
    }
    await this.access.requireMember(chatId, userId);
    return (await this.store.chats.byId(chatId))!.encrypted;
  }
}
