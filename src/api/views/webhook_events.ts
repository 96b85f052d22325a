import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import type { WebhookEventType } from "../../model/webhook.ts";
import { chatId, id, mediaId, timestamp, userId } from "../fields.ts";
import { ChatView } from "./chat.ts";
import { HandshakeView } from "./handshake.ts";
import { MediaView } from "./media.ts";
import { MemberView } from "./member.ts";
import { MessageView } from "./message.ts";
import { AdminReportView } from "./report.ts";
import { UserView } from "./user.ts";

/** An event as an endpoint receives it, alone or as an item of a batch. */
export interface WebhookPayload {
  id: string;
  type: WebhookEventType;
  timestamp: string;
  chatId?: string;
  rev?: number;
  data: unknown;
}

export interface WebhookEventSchema {
  /** One line for the documents. */
  summary: string;
  data: () => z.ZodType;
}

const MlsCommitView = lazy(() =>
  HandshakeView().pick({ rev: true, senderId: true, generation: true, epoch: true }).extend({
    chatId,
  }).meta({ id: "WebhookMlsCommit" })
);

/** All events of webhooks; the compiler compares the list with the existing events. */
export const WEBHOOK_EVENT_SCHEMAS: Readonly<Record<WebhookEventType, WebhookEventSchema>> = {
  "message.created": { summary: "A message was sent", data: MessageView },
  "message.updated": {
    summary: "A message was edited, reacted to or pinned: as it is now",
    data: MessageView,
  },
  "message.deleted": { summary: "A message was deleted: its tombstone", data: MessageView },
  "chat.updated": { summary: "The chat's own fields changed", data: ChatView },
  "member.updated": { summary: "Someone joined, left or has a new role", data: MemberView },
  "mls.commit": {
    summary: "A Commit of an encrypted chat, without its content",
    data: MlsCommitView,
  },
  "user.created": { summary: "An account was registered", data: UserView },
  "user.updated": { summary: "A person has a new name, picture or bio", data: UserView },
  "user.deleted": { summary: "An account was erased", data: () => z.object({ id: userId }) },
  "media.ready": { summary: "An upload is finished", data: MediaView },
  "media.deleted": { summary: "An upload was deleted", data: () => z.object({ id: mediaId }) },
  "report.created": { summary: "A person or a message was reported", data: AdminReportView },
  "webhook.test": {
    summary: "A request of an administrator to test the endpoint",
    data: () => z.object({ id: id.describe("The endpoint") }),
  },
};

/**
 * The payload of an event, for the documents; parts that are absent outside a chat are optional.
 */
export function webhookPayloadSchema(type: WebhookEventType): z.ZodType {
  return z.object({
    id: id.describe("The same at every attempt: ignore an event that you have seen"),
    type: z.literal(type),
    timestamp: timestamp.describe("When it happened"),
    chatId: chatId.optional(),
    rev: z.int().optional().describe(
      "The revision of the chat; events of a chat come in this order",
    ),
    data: WEBHOOK_EVENT_SCHEMAS[type].data().nullable().describe(
      "As it is when it is sent; null if it no longer exists",
    ),
  });
}
