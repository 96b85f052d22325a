/** Names of all events that a client receives without a request. */
export const EVENT_NAMES = [
  "message.created",
  "message.updated",
  "message.deleted",
  "chat.changes",
  "chat.updated",
  "member.updated",
  "receipt.updated",
  "receipt.counted",
  "typing",
  "custom",
  "command",
  "call.started",
  "call.ended",
  "presence",
  "notification",
  "notification.read",
  "notification.removed",
  "chat.notifications",
  "resync",
  "session.ended",
  "user.updated",
  "user.blocks",
  "contact.request",
  "mls.commit",
  "mls.welcome",
  "mls.keyPackagesLow",
  "device.updated",
] as const;

export type EventName = typeof EVENT_NAMES[number];

/**
 * An event as every transport sends it. A durable event covers the revisions `(after, rev]` of
 * its chat, `after` being `rev - 1` where it is left out; an event without `rev` is ephemeral.
 */
export interface WireEvent {
  event: EventName;
  chatId?: string;
  rev?: number;
  after?: number;
  data: unknown;
}
