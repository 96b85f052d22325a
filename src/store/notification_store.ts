import type { Notification, NotificationSettings } from "../model/notification.ts";

/** Selects notifications by what they are about. */
export type NotificationFilter =
  | { messageId: string }
  | { userId: string; chatId: string }
  | { userId: string; key: string }
  | { actorId: string };

export interface NotificationStore {
  /** Stores those whose `(userId, key)` did not exist yet, and returns them in their order. */
  add(notifications: Notification[]): Promise<Notification[]>;
  /** Deletes all but the newest `keep` notifications of the person; returns the number deleted. */
  trim(userId: string, keep: number): Promise<number>;
  byId(id: string): Promise<Notification | null>;
  /** Newest (highest id) first; with `before`, lower ids only. */
  page(userId: string, before: string | null, limit: number): Promise<Notification[]>;
  unread(userId: string): Promise<number>;
  /** Null when the person has none with this id; reading twice keeps the first time. */
  markRead(userId: string, id: string, at: number): Promise<Notification | null>;
  /**
   * The person's unread notifications about messages of the chat, at most `limit`, newest first.
   */
  unreadOfChat(userId: string, chatId: string, limit: number): Promise<Notification[]>;
  /** Marks these notifications of the person as read; returns the ids of those that were unread. */
  markTheseRead(userId: string, ids: string[], at: number): Promise<string[]>;
  /** Deletes those whose cause has disappeared, at most `limit`, and returns them. */
  withdraw(filter: NotificationFilter, limit: number): Promise<Notification[]>;
  /** Returns how many were unread. */
  markAllRead(userId: string, at: number): Promise<number>;
  /** Deletes all of the person's notifications; returns their number. */
  deleteAllOf(userId: string): Promise<number>;
  /** Deletes those created before `before`; returns their number. */
  purge(before: number): Promise<number>;
  /** Settings of people who have changed theirs, in no particular order. */
  settingsOf(userIds: string[]): Promise<NotificationSettings[]>;
  putSettings(settings: NotificationSettings): Promise<void>;
}
