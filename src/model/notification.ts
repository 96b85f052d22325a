/** Kinds of notifications, besides the messages of chats. */
export const NOTIFICATION_KINDS = [
  "mention",
  "reply",
  "reaction",
  "added_to_group",
  "role_changed",
  "contact_request",
  "security",
] as const;

export type NotificationKind = typeof NOTIFICATION_KINDS[number];

export interface Notification {
  id: string;
  userId: string;
  /** Its cause, unique for the user, so that a repeat stays one notification. */
  key: string;
  kind: NotificationKind;
  chatId: string | null;
  messageId: string | null;
  actorId: string | null;
  /** Ids and names of things, never a message's text. */
  data: Record<string, string>;
  createdAt: number;
  readAt: number | null;
}

/** Minutes of the day, by the clock of the time zone; a start after the end spans midnight. */
export interface QuietHours {
  start: number;
  end: number;
  /** A name of the IANA time zone database. */
  timeZone: string;
}

/** `message` is about pushes only: messages are in the chats themselves. */
export const NOTIFIABLE_KINDS = ["message", ...NOTIFICATION_KINDS] as const;

export type NotifiableKind = typeof NOTIFIABLE_KINDS[number];

export interface NotificationSettings {
  userId: string;
  /** The kinds that were turned off. */
  off: NotifiableKind[];
  /** No push is sent then; notifications are stored as usual. */
  quietHours: QuietHours | null;
  /** Pushes say that there is a message, without its content. */
  hideContent: boolean;
}

export function defaultSettings(userId: string): NotificationSettings {
  return { userId, off: [], quietHours: null, hideContent: false };
}
