import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { toTimestamp, toTimestampOrNull } from "../../core/clock.ts";
import { type Message, SYSTEM_TYPES } from "../../model/message.ts";
import { customView } from "../custom_data.ts";
import { chatId, clientId, mediaId, messageId, timestamp, userId } from "../fields.ts";

export const MediaAttachmentView = lazy(() =>
  z.object({
    id: mediaId,
    kind: z.enum(["image", "video", "audio", "file"]),
    type: z.string().describe("Media type found in the bytes"),
    name: z.string(),
    size: z.int().describe("Bytes"),
    width: z.int().nullable(),
    height: z.int().nullable(),
    thumbHash: z.string().nullable().describe("ThumbHash in base64"),
  }).meta({ id: "MediaAttachment" })
);

/** Maximum number of users whom a message names for a reaction; a separate list has all of them. */
const REACTORS_SHOWN = 20;

export const ReactionView = lazy(() =>
  z.object({
    emoji: z.string(),
    count: z.int().describe("Number of users with this reaction"),
    userIds: z.array(userId).describe(
      `The first ${REACTORS_SHOWN} of them, in the order in which they reacted`,
    ),
    mine: z.boolean().optional().describe(
      "True if the caller has this reaction; in responses, not in events",
    ),
  }).meta({ id: "Reaction" })
);

export type ReactionView = z.infer<ReturnType<typeof ReactionView>>;

export const ReactionChangeView = lazy(() =>
  z.object({
    emoji: z.string(),
    userId,
    removed: z.boolean().describe("True if the reaction was removed"),
  }).meta({ id: "ReactionChange" })
);

export type ReactionChangeView = z.infer<ReturnType<typeof ReactionChangeView>>;

export const SystemMetadataView = lazy(() =>
  z.object({
    type: z.enum(SYSTEM_TYPES),
    userIds: z.array(userId).describe("The people whom it is about"),
    by: userId.nullable().describe("The user who did it; null for a server"),
    name: z.string().optional().describe("The new name, of chat.renamed"),
  }).meta({ id: "SystemMetadata" })
);

export const MessageView = lazy(() =>
  z.object({
    id: messageId,
    chatId,
    seq: z.int().describe("The revision that created the message: its place in the history"),
    rev: z.int().describe("The last revision that changed it"),
    senderId: userId,
    clientId,
    kind: z.enum(["text", "media", "system", "encrypted"]),
    text: z.string(),
    ciphertext: z.string().optional().describe(
      "Base64url of an MLSMessage; encrypted messages only",
    ),
    media: z.array(MediaAttachmentView()),
    replyTo: messageId.nullable(),
    mentions: z.array(userId),
    reactions: z.array(ReactionView()),
    createdAt: timestamp,
    editedAt: timestamp.nullable(),
    deletedAt: timestamp.nullable(),
    pinnedAt: timestamp.nullable(),
    custom: customView().optional(),
    metadata: SystemMetadataView().optional().describe("What a message of kind `system` reports"),
  }).meta({ id: "Message" })
);

export type MessageView = z.infer<ReturnType<typeof MessageView>>;

export const MessageEventView = lazy(() =>
  MessageView().extend({
    reacted: z.array(ReactionChangeView()).optional().describe(
      "Reactions just added or removed, in order: each client learns its own reactions from it",
    ),
  }).meta({ id: "MessageEvent" })
);

export type MessageEventView = z.infer<ReturnType<typeof MessageEventView>>;

/** A message in an event for connections that said `compact` in hello. */
export const CompactMessageView = lazy(() =>
  MessageEventView().omit({ chatId: true }).partial().required({ id: true, senderId: true }).meta({
    id: "CompactMessage",
    description:
      "In events for connections with `compact`: a field that is left out has its usual " +
      "value. `chatId`, `seq` and `rev` are the event's `chatId` and `rev`, `clientId` is `id`, " +
      "`kind` is `text`, `text` is empty, lists are empty, and `replyTo`, `editedAt`, `deletedAt` " +
      "and `pinnedAt` are null. `createdAt` is the time in `id`: its first 48 bits, in milliseconds " +
      "since 1970",
  })
);

export type CompactMessageView = z.infer<ReturnType<typeof CompactMessageView>>;

/**
 * Runs for every send, so it copies nothing but the times. With `viewerId` it is the view of that
 * user; events are encoded once for all recipients, so they have no viewer.
 */
export function messageView(message: Message, viewerId?: string): MessageView {
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
    reactions: message.reactions.length === 0 ? NO_REACTIONS : reactionsView(message, viewerId),
    createdAt: toTimestamp(message.createdAt),
    editedAt: toTimestampOrNull(message.editedAt),
    deletedAt: toTimestampOrNull(message.deletedAt),
    pinnedAt: toTimestampOrNull(message.pinnedAt),
    ...(message.custom && { custom: message.custom }),
    ...(message.metadata && { metadata: message.metadata }),
  };
}

const NO_REACTIONS: ReactionView[] = [];

function reactionsView({ reactions }: Message, viewerId?: string): ReactionView[] {
  return reactions.map(({ emoji, userIds }) => ({
    emoji,
    count: userIds.length,
    userIds: userIds.length > REACTORS_SHOWN ? userIds.slice(0, REACTORS_SHOWN) : userIds,
    ...(viewerId !== undefined && { mine: userIds.includes(viewerId) }),
  }));
}
