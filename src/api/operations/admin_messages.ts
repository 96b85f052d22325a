import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { chatId, cursor, instant, limit, messageId, page, text, userId } from "../fields.ts";
import { operation } from "../operation.ts";
import { MessageView } from "../views/message.ts";
import { moderationReason } from "./admin_chats.ts";

const tag = "Administration";

/** Maximum number of messages on either side of one that is read in its context. */
const MAX_AROUND = 50;

const around = lazy(() => z.int().min(0).max(MAX_AROUND).default(10));

export const listAllMessages = operation({
  name: "admin.messages",
  summary: "Messages with all of the given properties, newest first; each call is audited",
  description:
    "Encrypted messages have no text here either. A page may have fewer messages than asked for, or " +
    "none, before the end of the list: its `next` says where to continue.",
  tag,
  access: "admin",
  scope: "moderation:read",
  limit: "search",
  input: () =>
    z.strictObject({
      chatId: chatId.optional(),
      senderId: userId.optional(),
      q: text({ max: 200 }).optional().describe("Words of the text; the last may be cut"),
      sentAfter: instant.optional(),
      sentBefore: instant.optional(),
      limit,
      cursor: cursor.optional(),
    }),
  output: () => page(MessageView()),
  rest: { method: "GET", path: "/admin/messages" },
  errors: ["not_found"],
});

export const readMessageContext = operation({
  name: "admin.messageContext",
  summary: "A message and those around it in its chat, oldest first; each call is audited",
  tag,
  access: "admin",
  scope: "moderation:read",
  limit: "read",
  input: () =>
    z.strictObject({
      messageId,
      before: around().describe("Number of messages before it"),
      after: around().describe("Number of messages after it"),
    }),
  output: () => z.strictObject({ chatId, items: z.array(MessageView()) }),
  rest: { method: "GET", path: "/admin/messages/:messageId/context" },
  errors: ["not_found"],
});

export const removeMessage = operation({
  name: "admin.deleteMessage",
  summary: "Delete a message for everyone, as its sender could; a tombstone stays",
  tag,
  access: "admin",
  scope: "moderation",
  limit: "write",
  input: () => z.strictObject({ messageId, reason: moderationReason() }),
  output: null,
  rest: { method: "DELETE", path: "/admin/messages/:messageId", status: 204 },
  errors: ["not_found"],
});
