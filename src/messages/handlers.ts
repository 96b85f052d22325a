import { Answer, bind, type Bound } from "../operations/handler.ts";
import { messageView } from "../api/views/message.ts";

import type { MessageEditor } from "./message_editor.ts";
import type { MessagePage, MessageReader } from "./message_reader.ts";
import type { ServerMessages } from "./server_messages.ts";
import type { MessageSender } from "./message_sender.ts";
import * as operations from "../api/operations/messages.ts";

export interface MessageServices {
  sender: MessageSender;
  editor: MessageEditor;
  reader: MessageReader;
  server: ServerMessages;
}

export function messageHandlers({ sender, editor, reader, server }: MessageServices): Bound[] {
  return [
    bind(operations.sendMessage, async ({ userId }, input) => {
      const { message, repeated } = await sender.send(userId, input);
      return new Answer(repeated ? 200 : 201, messageView(message, userId));
    }),
    bind(operations.sendSystemMessage, async (caller, { custom, ...input }) => {
      const { message, repeated } = await server.send(caller.userId, { ...input, custom: custom! });
      return new Answer(repeated ? 200 : 201, messageView(message));
    }),
    bind(operations.editMessage, async ({ userId }, { messageId, ...content }) => {
      return messageView(await editor.edit(userId, messageId, content), userId);
    }),
    bind(operations.deleteMessage, async ({ userId }, { messageId }) => {
      await editor.delete(userId, messageId);
    }),
    bind(operations.reactToMessage, async ({ userId }, { messageId, emoji, remove }) => {
      return messageView(await editor.react(userId, messageId, emoji, remove), userId);
    }),
    bind(operations.listReactions, ({ userId }, { messageId, ...page }) => {
      return reader.reactions(userId, messageId, page);
    }),
    bind(operations.pinMessage, async ({ userId }, { messageId, unpin }) => {
      return messageView(await editor.pin(userId, messageId, unpin), userId);
    }),
    bind(operations.listMessages, async ({ userId }, input) => {
      return pageView(await reader.history(userId, input), userId);
    }),
    bind(operations.listPinnedMessages, async ({ userId }, { chatId }) => {
      return pageView(await reader.pinned(userId, chatId), userId);
    }),
    bind(operations.searchMessages, async ({ userId }, { q, ...search }) => {
      return pageView(await reader.search(userId, { query: q, ...search }), userId);
    }),
  ];
}

function pageView({ items, next }: MessagePage, userId: string) {
  return { items: items.map((message) => messageView(message, userId)), next };
}
