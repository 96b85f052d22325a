/** Events that a webhook endpoint can subscribe to. */
export const WEBHOOK_EVENTS = [
  "message.created",
  "message.updated",
  "message.deleted",
  "chat.updated",
  "member.updated",
  "mls.commit",
  "user.created",
  "user.updated",
  "user.deleted",
  "media.ready",
  "media.deleted",
  "report.created",
] as const;

export type WebhookEventName = typeof WEBHOOK_EVENTS[number];

/** `webhook.test` is sent on demand, to one endpoint. */
export type WebhookEventType = WebhookEventName | "webhook.test";

/**
 * A change that subscribers learn of. Ids only: the row is read when the event is sent, so that a
 * text that was deleted in the meantime is not stored, and not sent, a second time.
 */
export interface WebhookEvent {
  /** The same at every attempt; that of the first event of a delivery is the delivery's. */
  eventId: string;
  type: WebhookEventType;
  /** The message, chat, person, upload or report; for `member.updated` the member. */
  id: string;
  /** Null outside a chat. */
  chatId: string | null;
  /** The revision that made the change; null outside a chat. */
  rev: number | null;
  at: number;
}

/** An event before its transaction: its id and its time are added there. */
export type NewWebhookEvent = Omit<WebhookEvent, "eventId" | "at">;

/** `down`: it has failed for a while and is tried seldom. `paused`: nothing is written for it. */
export type WebhookStatus = "active" | "down" | "paused";

/**
 * `administrator` and `gone` (it answered 410) hold until an administrator resumes it, and so do
 * `unreachable` (no success for as long as deliveries are retried) and `backlog` (too many events
 * waited for it).
 */
export type WebhookPauseReason = "administrator" | "gone" | "unreachable" | "backlog";

export interface WebhookSecret {
  /** Encrypted at rest, never the secret itself. */
  sealed: string;
  /** When an earlier secret stops signing; null for the current one. */
  expiresAt: number | null;
}

/** An address of the customer's backend that receives events. */
export interface WebhookEndpoint {
  id: string;
  url: string;
  description: string;
  events: WebhookEventName[];
  /** Maximum number of events in one request; with 1, the request is the event itself. */
  batchSize: number;
  /** The current one first; every request is signed with each that has not expired. */
  secrets: WebhookSecret[];
  status: WebhookStatus;
  pauseReason: WebhookPauseReason | null;
  /** Time of the first failure since the last success; null while it works. */
  failingSince: number | null;
  createdBy: string;
  createdAt: number;
  updatedAt: number;
}

export type DeliveryStatus = "pending" | "delivered" | "failed";

/** The result of the last attempt. */
export interface DeliveryAnswer {
  at: number;
  /** HTTP status; null if there was no response. */
  status: number | null;
  /** The first characters of the response. */
  body: string;
  durationMs: number;
  /** The reason why there was no response; null if there was one. */
  error: string | null;
}

/**
 * Events on their way to one endpoint: written in the transaction of the change, and kept for a
 * while after they were sent.
 */
export interface WebhookDelivery {
  webhookId: string;
  deliveryId: string;
  /**
   * Deliveries of one lane are sent in order of `position`: the chat, or the subject outside one.
   */
  lane: string;
  /** The first revision in a chat, and the time elsewhere. */
  position: number;
  events: WebhookEvent[];
  status: DeliveryStatus;
  attempts: number;
  createdAt: number;
  /** When it is tried next; null once it was delivered or given up. */
  dueAt: number | null;
  answer: DeliveryAnswer | null;
}
