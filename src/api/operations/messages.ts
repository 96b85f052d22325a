import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import {
  chatId,
  clientId,
  cursor,
  flag,
  ids,
  limit,
  mediaId,
  messageId,
  page,
  seq,
  text,
  userId,
} from "../fields.ts";
import { customInput } from "../custom_data.ts";
import { LIMIT_SPECS } from "../limits.ts";
import { operation } from "../operation.ts";
import { MessageView } from "../views/message.ts";
import { fullyQualified, isOneEmoji } from "../../core/emoji.ts";

const tag = "Messages";

/**
 * Characters of any emoji, in a pattern that every reader of the schema understands: a picture,
 * half a flag or a keycap, and no letter. Only an added reaction is checked to be exactly one
 * emoji; reactions of earlier releases may be others, and can still be removed.
 */
const emoji = lazy(() =>
  z.string().min(1).max(32)
    .regex(
      /^(?=.*[\p{Extended_Pictographic}\p{Regional_Indicator}\u20e3])[^\s\p{Cc}\p{L}]+$/u,
      "must be an emoji",
    )
    .overwrite(fullyQualified)
    .meta({ id: "Emoji", description: "One emoji", examples: ["👍"] })
);

const ciphertext = lazy(() =>
  z.string().min(1)
    .regex(/^[A-Za-z0-9_-]+$/, "must be base64url without padding")
    .meta({ id: "Ciphertext", description: "Base64url of an MLSMessage (RFC 9420)" })
);

export const sendMessage = operation({
  name: "message.send",
  summary: "Send a message",
  tag,
  access: "session",
  scope: "messages:write",
  limit: "send",
  input: () =>
    z.strictObject({
      chatId: chatId.optional(),
      recipientId: userId.optional().describe("Instead of chatId: the direct chat with this user"),
      clientId: clientId.optional(),
      text: text().optional(),
      ciphertext: ciphertext().optional().describe("In an encrypted chat, instead of text"),
      mediaIds: ids(mediaId, { max: LIMIT_SPECS.mediaPerMessage.max }).optional(),
      replyTo: messageId.optional(),
      mentions: ids(userId, { min: 0, max: LIMIT_SPECS.mentions.max }).optional(),
      custom: customInput().optional(),
    }).refine((input) => (input.chatId === undefined) !== (input.recipientId === undefined), {
      message: "must name either chatId or recipientId",
    }),
  forms: {
    MessageToChat: { requires: ["chatId"], excludes: ["recipientId"] },
    MessageToUser: { requires: ["recipientId"], excludes: ["chatId"] },
  },
  output: MessageView,
  rest: {
    method: "POST",
    path: "/messages",
    status: 201,
    also: { 200: "The message that an earlier send with this clientId created" },
  },
  socket: true,
  errors: [
    "chat_frozen",
    "forbidden",
    "not_found",
    "conflict",
    "quota_exceeded",
    "stale_epoch",
    "message_refused",
  ],
});

export const sendSystemMessage = operation({
  name: "message.system",
  summary: "Write a message of kind system into a plain chat, as a server or an administrator",
  description:
    "It carries `custom` and no text, counts for nobody as unread, notifies nobody, and " +
    "can only be removed by the chat's admins. A repeat with the same `clientId` returns the first.",
  tag,
  access: "admin",
  scope: "messages:write",
  limit: "send",
  input: () =>
    z.strictObject({
      chatId,
      clientId: clientId.max(50).optional(),
      custom: customInput().refine((custom) => custom !== null, "must not be empty"),
      userIds: ids(userId, { min: 0, max: 100 }).default([])
        .describe("The people whom it is about"),
    }),
  output: MessageView,
  rest: {
    method: "POST",
    path: "/admin/chats/:chatId/messages",
    status: 201,
    also: { 200: "The message that an earlier request with this clientId created" },
  },
  errors: ["not_found", "conflict"],
});

export const editMessage = operation({
  name: "message.edit",
  summary: "Change the text of one's own message, whom it mentions, and its custom data",
  tag,
  access: "session",
  scope: "messages:write",
  limit: "write",
  input: () =>
    z.strictObject({
      messageId,
      text: text({ min: 0 }).optional().describe("Empty only where the message has files"),
      mentions: ids(userId, { min: 0, max: LIMIT_SPECS.mentions.max }).optional()
        .describe("In place of those of before, which stay without it"),
      custom: customInput().optional(),
    }).refine(({ text, custom }) => text !== undefined || custom !== undefined, {
      message: "must have text or custom",
    }),
  output: MessageView,
  rest: { method: "PUT", path: "/messages/:messageId" },
  socket: true,
  errors: ["chat_frozen", "forbidden", "not_found", "conflict", "message_refused"],
});

export const deleteMessage = operation({
  name: "message.delete",
  summary: "Delete a message; a tombstone stays",
  tag,
  access: "session",
  scope: "messages:write",
  limit: "write",
  input: () => z.strictObject({ messageId }),
  output: null,
  rest: { method: "DELETE", path: "/messages/:messageId", status: 204 },
  socket: true,
  errors: ["forbidden", "not_found"],
});

export const reactToMessage = operation({
  name: "message.react",
  summary: "Add a reaction to a message, or take it back",
  tag,
  access: "session",
  scope: "messages:write",
  limit: "write",
  input: () =>
    z.strictObject({ messageId, emoji: emoji(), remove: flag.default(false) })
      .refine(({ emoji, remove }) => remove || isOneEmoji(emoji), {
        path: ["emoji"],
        message: "must be one emoji",
      }),
  output: MessageView,
  rest: { method: "POST", path: "/messages/:messageId/react" },
  socket: true,
  errors: ["chat_frozen", "forbidden", "not_found", "conflict"],
});

export const listReactions = operation({
  name: "message.reactions",
  summary: "Who has reacted to a message with an emoji, in the order in which they did",
  tag,
  access: "session",
  scope: "messages:read",
  limit: "read",
  input: () =>
    z.strictObject({
      messageId,
      emoji: emoji(),
      limit,
      cursor: cursor.optional(),
    }),
  output: () => page(z.object({ userId })).extend({ count: z.int() }),
  rest: { method: "GET", path: "/messages/:messageId/reactions" },
  errors: ["not_found"],
});

export const pinMessage = operation({
  name: "message.pin",
  summary: "Pin a message, or unpin it",
  tag,
  access: "session",
  scope: "messages:write",
  limit: "write",
  input: () => z.strictObject({ messageId, unpin: flag.default(false) }),
  output: MessageView,
  rest: { method: "POST", path: "/messages/pin" },
  socket: true,
  errors: ["chat_frozen", "forbidden", "not_found", "conflict"],
});

export const listMessages = operation({
  name: "message.list",
  summary: "Read the history of a chat",
  tag,
  access: "session",
  scope: "messages:read",
  limit: "read",
  input: () =>
    z.strictObject({
      chatId,
      before: seq.optional().describe("Only messages before this seq, newest first"),
      after: seq.optional().describe("Only messages after this seq, oldest first"),
      limit,
    }).refine((input) => input.before === undefined || input.after === undefined, {
      message: "must not have both before and after",
    }),
  output: () => page(MessageView()),
  rest: { method: "GET", path: "/messages/:chatId" },
  errors: ["not_found"],
});

export const listPinnedMessages = operation({
  name: "message.pinned",
  summary: "The pinned messages of a chat, most recently pinned first",
  tag,
  access: "session",
  scope: "messages:read",
  limit: "read",
  input: () => z.strictObject({ chatId }),
  output: () => page(MessageView()),
  rest: { method: "GET", path: "/chats/:chatId/pins" },
  errors: ["not_found"],
});

export const searchMessages = operation({
  name: "message.search",
  summary: "Search the caller's chats, newest first; a short page may still have a next",
  tag,
  access: "session",
  scope: "messages:read",
  limit: "search",
  input: () =>
    z.strictObject({
      q: text({ max: 200 }).describe("All words must be there; the last one may be unfinished"),
      chatId: chatId.optional(),
      limit,
      cursor: cursor.optional(),
    }),
  output: () => page(MessageView()),
  rest: { method: "GET", path: "/messages/search" },
  errors: ["not_found"],
});
