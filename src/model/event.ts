/** The names of all that a client can hear without having asked. */
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
 * What leaves by every socket, in one shape. A durable event covers the revisions `(after, rev]` of
 * its chat, `after` being `rev - 1` where it is left out; an event without `rev` is ephemeral.
 */
export interface WireEvent {
  event: EventName;
  chatId?: string;
  rev?: number;
  after?: number;
  data: unknown;
}
