import type { ChatWriter } from "../chats/chat_writer.ts";
import { AppError } from "../core/errors.ts";
import type { CustomData } from "../model/custom_data.ts";
import type { Message } from "../model/message.ts";
import { systemMessage } from "../model/system_messages.ts";

export interface ServerMessage {
  chatId: string;
  custom: CustomData;
  userIds: string[];
  /** Makes the request idempotent. */
  clientId?: string;
}

/** Keeps the clientIds of servers separate from those of people. */
const SERVER_PREFIX = "server:";

/** Writes the system messages of an integrator's server. */
export class ServerMessages {
  constructor(private readonly writer: ChatWriter) {}

  /** `by` is the administrator who sends it; null for a server. */
  send(
    by: string | null,
    { chatId, custom, userIds, ...input }: ServerMessage,
  ): Promise<{ message: Message; repeated: boolean }> {
    return this.writer.write(chatId, async (draft) => {
      if (draft.chat.encrypted) {
        throw new AppError("conflict", "Cannot send a system message: the chat is encrypted");
      }
      const senderId = draft.chat.createdBy;
      const clientId = input.clientId && SERVER_PREFIX + input.clientId;
      const sent = clientId ? await draft.findSent(senderId, clientId) : null;
      if (sent && sent.kind !== "system") {
        throw new AppError("conflict", "Cannot send a system message: the clientId is taken");
      }
      if (sent) return { message: sent, repeated: true };
      const metadata = { type: "custom", userIds, by } as const;
      const content = { senderId, ...(clientId && { clientId }), metadata, custom };
      const message = draft.insertMessage(systemMessage(content, draft.now));
      return { message, repeated: false };
    });
  }
}
