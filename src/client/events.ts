import type { CustomData } from "../model/custom_data.ts";
import type { EventName } from "../model/event.ts";
import type { DeviceView } from "../api/views/encryption.ts";
import type { ChangesView } from "../api/views/changes.ts";
import type { ChatView } from "../api/views/chat.ts";
import type { ContactRequestEvent } from "../api/views/contact.ts";
import type { HandshakeView } from "../api/views/handshake.ts";
import type { MemberEventView, ReceiptCountView, ReceiptsView } from "../api/views/member.ts";
import type { MessageEventView, MessageView } from "../api/views/message.ts";
import type {
  ChatNotificationsEvent,
  NotificationsReadView,
  NotificationsRemovedView,
  NotificationView,
} from "../api/views/notification.ts";
import type { UserView } from "../api/views/user.ts";
import type { Presence } from "./local_chat.ts";

/** Events that the server sends by itself, by name. */
export interface ServerEvents {
  "message.created": Durable<MessageView>;
  "message.updated": Durable<MessageEventView>;
  "message.deleted": Durable<MessageView>;
  "chat.updated": Durable<ChatView>;
  "member.updated": Durable<MemberEventView>;
  /** The rows that the revisions `(after, rev]` changed. */
  "chat.changes": Durable<ChangesView>;
  "mls.commit": Durable<HandshakeView>;
  "receipt.updated": InChat<ReceiptsView>;
  /**
   * Replaces `receipt.updated` in a chat with very many members, except for the caller's own
   * cursors.
   */
  "receipt.counted": InChat<ReceiptCountView>;
  "typing": InChat<{ userId: string; typing: boolean }>;
  /** An event of an application, sent to a chat or, without `chatId`, to the caller. */
  "custom": { chatId?: string; data: { fromId: string; type: string; data: CustomData } };
  /** The caller is a bot: someone gave it one of its commands. */
  "command": InChat<{ messageId: string; fromId: string; name: string; args: string }>;
  "call.started": InChat<{ call: string; userId: string }>;
  "call.ended": InChat<{ call: string; userId: string }>;
  "presence": { data: Presence };
  "notification": { data: NotificationView };
  /** The caller has read notifications, on this or another device; null for all of them. */
  "notification.read": { data: NotificationsReadView };
  /** The subjects of notifications are deleted, and the notifications with them. */
  "notification.removed": { data: NotificationsRemovedView };
  /** The caller has muted or unmuted a chat, on this or another device. */
  "chat.notifications": { data: ChatNotificationsEvent };
  /** A user who shares a chat with the caller, or the caller, has a new name, picture or bio. */
  "user.updated": { data: UserView };
  /** The caller has blocked or unblocked a user, on this or another device. */
  "user.blocks": { data: { userId: string; blocked: boolean } };
  /** A request for consent was sent or answered; both users receive it. */
  "contact.request": { data: ContactRequestEvent };
  "resync": { data: Record<string, never> };
  "session.ended": { data: { sessionId: string; reason: string } };
  "mls.welcome": InChat<{ id: string; chatId: string; deviceId: string }>;
  "mls.keyPackagesLow": { data: { deviceId: string; remaining: number } };
  "device.updated": { data: { change: "added" | "removed"; device: DeviceView } };
}

interface InChat<Data> {
  chatId: string;
  data: Data;
}

interface Durable<Data> extends InChat<Data> {
  rev: number;
  /** `rev - 1` if it is absent. */
  after?: number;
}

/**
 * The compiler compares the list with the server's: if an event is missing here, this becomes
 * `never`.
 */
export type ServerEventName = EventName extends keyof ServerEvents ? keyof ServerEvents : never;

/** An event as it comes in a frame. */
export type ServerEvent = {
  [Name in ServerEventName]: { event: Name } & ServerEvents[Name];
}[ServerEventName];

/** True if the event covers revisions of a chat. */
export function isDurable(
  event: ServerEvent,
): event is Extract<ServerEvent, { rev: number }> {
  return "rev" in event && typeof event.rev === "number" && "chatId" in event;
}
