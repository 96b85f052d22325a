import type { ChatWriter } from "../chats/chat_writer.ts";
import type { Clock } from "../core/clock.ts";
import type { Caller, ServerCaller } from "../model/caller.ts";
import type { Chat } from "../model/chat.ts";

/** Freezes chats: `ChatDraft` refuses what members may not do there. */
export class ChatFreezing {
  constructor(private readonly writer: ChatWriter, private readonly clock: Clock) {}

  /** Takes a revision, so that members see it at once; without a change it takes none. */
  set(
    caller: Caller | ServerCaller,
    chatId: string,
    { frozen, reason }: { frozen: boolean; reason: string },
  ): Promise<Readonly<Chat>> {
    return this.writer.write(chatId, (draft) => {
      const { frozen: before } = draft.chat;
      const isSame = frozen ? before?.reason === reason : before === null;
      if (isSame) return draft.chat;
      const at = before?.at ?? this.clock.now();
      const after = frozen ? { at, reason, byUserId: caller.userId } : null;
      const chat = draft.despiteFreeze(() => draft.updateChat({ frozen: after }));
      const action = frozen ? "chat.frozen" : "chat.unfrozen";
      draft.record({ actorId: caller.userId, visitor: caller }, { action, details: { reason } });
      return chat;
    });
  }
}
