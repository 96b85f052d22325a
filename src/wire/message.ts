import { z } from "zod";
import { toTimestamp, toTimestampOrNull } from "../core/clock.ts";
import type { Message } from "../model/message.ts";
import { timestamp } from "../operations/fields.ts";

export const MediaAttachmentView = z.object({
  id: z.string(),
  kind: z.enum(["image", "video", "audio", "file"]),
  type: z.string().describe("Media type found in the bytes"),
  name: z.string(),
  size: z.int().describe("Bytes"),
  width: z.int().nullable(),
  height: z.int().nullable(),
  thumbHash: z.string().nullable().describe("ThumbHash in base64"),
}).meta({ id: "MediaAttachment" });

export const MessageView = z.object({
  id: z.string(),
  chatId: z.string(),
  seq: z.int().describe("The revision that created the message: its place in the history"),
  rev: z.int().describe("The last revision that touched it"),
  senderId: z.string(),
  clientId: z.string(),
  kind: z.enum(["text", "media", "system", "encrypted"]),
  text: z.string(),
  ciphertext: z.string().optional().describe("Base64url of an MLSMessage; encrypted messages only"),
  media: z.array(MediaAttachmentView),
  replyTo: z.string().nullable(),
  mentions: z.array(z.string()),
  reactions: z.array(z.object({ emoji: z.string(), userIds: z.array(z.string()) })),
  createdAt: timestamp,
  editedAt: timestamp.nullable(),
  deletedAt: timestamp.nullable(),
  pinnedAt: timestamp.nullable(),
}).meta({ id: "Message" });

export type MessageView = z.infer<typeof MessageView>;

/** On the hot path of every send: no copies but the times. */
export function messageView(message: Message): MessageView {
  return {
    id: message.id,
    chatId: message.chatId,
    seq: message.seq,
    rev: message.rev,
    senderId: message.senderId,
    clientId: message.clientId,
    kind: message.kind,
    text: message.text,
    ...(message.ciphertext !== null && { ciphertext: message.ciphertext }),
    media: message.media,
    replyTo: message.replyTo,
    mentions: message.mentions,
    reactions: message.reactions,
    createdAt: toTimestamp(message.createdAt),
    editedAt: toTimestampOrNull(message.editedAt),
    deletedAt: toTimestampOrNull(message.deletedAt),
    pinnedAt: toTimestampOrNull(message.pinnedAt),
  };
}
