import { z } from "zod";
import { chatId, deviceId, id, messageId, sessionId, userId } from "./fields.ts";
import { registerDevice } from "./operations/encryption.ts";
import type { EventName } from "../model/event.ts";
import { CustomEventView, setStatus } from "./operations/realtime.ts";
import { ChangesView } from "./views/changes.ts";
import { ChatView } from "./views/chat.ts";
import { ContactRequestEvent } from "./views/contact.ts";
import { HandshakeView } from "./views/handshake.ts";
import {
  CompactReceiptsView,
  MemberEventView,
  ReceiptCountView,
  ReceiptsView,
} from "./views/member.ts";
import { CompactMessageView, MessageEventView, MessageView } from "./views/message.ts";
import {
  ChatNotificationsEvent,
  NotificationsReadView,
  NotificationsRemovedView,
  NotificationView,
} from "./views/notification.ts";
import { UserView } from "./views/user.ts";

export interface EventSchema {
  /** One line for the documents. */
  summary: string;
  data: () => z.ZodType;
  /** The data for connections that said `compact` in hello, if it differs. */
  compact?: () => z.ZodType;
  /**
   * `revision`: the event has a revision, and a client that misses it gets the change by catching
   * up.
   */
  scope: "revision" | "chat" | "person";
}

/**
 * All events that a client can receive, for the documents; the compiler compares the list with the
 * existing events.
 */
export const EVENT_SCHEMAS: Readonly<Record<EventName, EventSchema>> = {
  "message.created": {
    summary: "A message was sent",
    data: MessageView,
    compact: CompactMessageView,
    scope: "revision",
  },
  "message.updated": {
    summary: "A message was edited, reacted to or pinned: as it is now",
    data: MessageEventView,
    compact: CompactMessageView,
    scope: "revision",
  },
  "message.deleted": {
    summary: "A message was deleted: its tombstone",
    data: MessageView,
    compact: CompactMessageView,
    scope: "revision",
  },
  "chat.changes": {
    summary: "The rows that several revisions touched",
    data: ChangesView,
    scope: "revision",
  },
  "chat.updated": { summary: "The chat's own fields changed", data: ChatView, scope: "revision" },
  "member.updated": {
    summary: "Someone joined, left, has a new role or new custom data",
    data: MemberEventView,
    scope: "revision",
  },
  "mls.commit": {
    summary: "A Commit of an encrypted chat",
    data: HandshakeView,
    scope: "revision",
  },
  "receipt.updated": {
    summary: "Members' read and delivered cursors moved; whoever sends has read what came before",
    data: ReceiptsView,
    compact: CompactReceiptsView,
    scope: "chat",
  },
  "receipt.counted": {
    summary: "How many members have read the newest message of a chat that has very many of them",
    data: ReceiptCountView,
    scope: "chat",
  },
  "typing": {
    summary: "Someone began to write, or stopped",
    data: () => z.object({ userId, typing: z.boolean() }),
    scope: "chat",
  },
  "custom": {
    summary: "An event of an application, to a chat or a person; it is not stored",
    data: CustomEventView,
    scope: "chat",
  },
  "command": {
    summary: "To a bot: someone gave it one of its commands, in a message of the chat",
    data: () => z.object({ messageId, fromId: userId, name: z.string(), args: z.string() }),
    scope: "chat",
  },
  "call.started": {
    summary: "A member began a call in the chat",
    data: () => z.object({ call: id, userId }),
    scope: "chat",
  },
  "call.ended": {
    summary: "A member ended a call in the chat",
    data: () => z.object({ call: id, userId }),
    scope: "chat",
  },
  "presence": {
    summary: "Someone who shares a chat came, left or has a new status",
    data: () => setStatus.output,
    scope: "person",
  },
  "notification": { summary: "A notification", data: NotificationView, scope: "person" },
  "notification.read": {
    summary: "The person has read notifications, on whichever device; null for all of them",
    data: NotificationsReadView,
    scope: "person",
  },
  "notification.removed": {
    summary: "What notifications were about has been deleted, taken back or left: they are gone",
    data: NotificationsRemovedView,
    scope: "person",
  },
  "chat.notifications": {
    summary: "The person has changed what of a chat notifies them, on whichever device",
    data: ChatNotificationsEvent,
    scope: "person",
  },
  "resync": {
    summary: "Something may have been missed: catch up on all chats",
    data: () => z.object({}),
    scope: "person",
  },
  "session.ended": {
    summary: "The session has ended, and the socket closes",
    data: () => z.object({ sessionId, reason: z.string() }),
    scope: "person",
  },
  "user.updated": {
    summary: "Someone who shares a chat, or the person, has a new name, picture or bio",
    data: UserView,
    scope: "person",
  },
  "user.blocks": {
    summary: "The person has blocked someone, or no longer",
    data: () => z.object({ userId, blocked: z.boolean() }),
    scope: "person",
  },
  "contact.request": {
    summary: "A request for consent was sent, or answered: to both people",
    data: ContactRequestEvent,
    scope: "person",
  },
  "mls.welcome": {
    summary: "A Welcome waits for a device",
    data: () => z.object({ id, chatId, deviceId }),
    scope: "chat",
  },
  "mls.keyPackagesLow": {
    summary: "A device has few key packages left",
    data: () => z.object({ deviceId, remaining: z.int() }),
    scope: "person",
  },
  "device.updated": {
    summary: "An encryption device was added or removed",
    data: () => z.object({ change: z.enum(["added", "removed"]), device: registerDevice.output }),
    scope: "person",
  },
};
