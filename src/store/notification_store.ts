import type { Notification, NotificationSettings } from "../model/notification.ts";

/** Notifications by what they are about. */
export type NotificationFilter =
  | { messageId: string }
  | { userId: string; chatId: string }
  | { userId: string; key: string }
  | { actorId: string };

export interface NotificationStore {
  /** Those whose `(userId, key)` was not there yet are stored, and answered in their order. */
  add(notifications: Notification[]): Promise<Notification[]>;
  /** Deletes all but the newest `keep` of the person's; returns how many. */
  trim(userId: string, keep: number): Promise<number>;
  byId(id: string): Promise<Notification | null>;
  /** Newest (highest id) first; with `before`, lower ids only. */
  page(userId: string, before: string | null, limit: number): Promise<Notification[]>;
  unread(userId: string): Promise<number>;
  /** Null when the person has none of this id; reading twice keeps the first time. */
  markRead(userId: string, id: string, at: number): Promise<Notification | null>;
  /** The person's unread ones about messages of the chat, at most `limit`, newest first. */
  unreadOfChat(userId: string, chatId: string, limit: number): Promise<Notification[]>;
  /** Marks these of the person's as read; returns the ids of those that were not. */
  markTheseRead(userId: string, ids: string[], at: number): Promise<string[]>;
  /** Deletes those whose cause has disappeared, at most `limit`, and returns them. */
  withdraw(filter: NotificationFilter, limit: number): Promise<Notification[]>;
  /** Answers how many were unread. */
  markAllRead(userId: string, at: number): Promise<number>;
  /** Forgets all of the person's; answers how many. */
  deleteAllOf(userId: string): Promise<number>;
  /** Forgets those made before `before`; answers how many. */
  purge(before: number): Promise<number>;
  /** Of those who have changed theirs, in no particular order. */
  settingsOf(userIds: string[]): Promise<NotificationSettings[]>;
  putSettings(settings: NotificationSettings): Promise<void>;
}
