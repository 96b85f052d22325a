import type { ChatWriter } from "../chats/chat_writer.ts";
import { notFound } from "../core/errors.ts";
import type { Caller, ServerCaller } from "../model/caller.ts";
import { tombstone } from "../model/tombstone.ts";
import type { Store } from "../store/store.ts";

/** Deletes messages for everyone, in whichever chat. */
export class MessageRemoval {
  constructor(
    private readonly store: Pick<Store, "messages">,
    private readonly writer: ChatWriter,
  ) {}

  /** A deleted message stays as it is. */
  async remove(caller: Caller | ServerCaller, messageId: string, reason: string): Promise<void> {
    const found = await this.store.messages.byId(messageId);
    if (!found) throw notFound("message", messageId);
    await this.writer.write(found.chatId, async (draft) => {
      const message = await draft.message(messageId) ?? found;
      if (message.deletedAt !== null) return;
      draft.updateMessage(message, tombstone(draft.now));
      const origin = { actorId: caller.userId, visitor: caller };
      const details = { messageId, reason };
      draft.record(origin, { action: "message.removed", userId: message.senderId, details });
    });
  }
}
