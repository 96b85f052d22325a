import type { Clock } from "../core/clock.ts";
import { AppError, notFound, quote } from "../core/errors.ts";
import { isId, newId } from "../core/ids.ts";
import type { Log } from "../core/log.ts";
import type { AuditEntry } from "../model/audit_entry.ts";
import type { Membership, NotifyLevel } from "../model/membership.ts";
import {
  defaultSettings,
  type NotifiableKind,
  type Notification,
  type NotificationSettings,
} from "../model/notification.ts";
import { newOutboxEntry, type OutboxEntry } from "../model/outbox_entry.ts";
import type { Publisher } from "../realtime/publisher.ts";
import type { Store } from "../store/store.ts";
import { notificationView } from "../api/views/notification.ts";
import { isSecurityEvent } from "./push/text.ts";
import type { Withdrawals } from "./withdrawals.ts";

export interface NotificationsOptions {
  store: Pick<Store, "notifications" | "memberships" | "sessions" | "devices" | "outbox">;
  publisher: Pick<Publisher, "toUsers">;
  withdrawals: Pick<Withdrawals, "notificationsRead" | "allRead" | "muted">;
  clock: Clock;
  log: Log;
  /** Called with an entry that this instance wrote. */
  onOutbox(entry: OutboxEntry): void;
  limits: { notifications: number };
}

export interface SettingsPatch {
  kinds?: Partial<Record<NotifiableKind, boolean>>;
  quietHours?: NotificationSettings["quietHours"];
  hideContent?: boolean;
}

export interface NotificationPage {
  items: Notification[];
  next: string | null;
  unread: number;
}

/** A user's in-app notifications, and the settings of what they are notified of. */
export class Notifications {
  constructor(private readonly options: NotificationsOptions) {}

  /**
   * Stores the new notifications and publishes them to the users' connections on all instances.
   * Other users decide how many there are, so only a user's newest ones are kept.
   */
  async add(notifications: Notification[]): Promise<void> {
    if (notifications.length === 0) return;
    const { store, publisher, limits } = this.options;
    const added = await store.notifications.add(notifications);
    for (const notification of added) {
      const data = notificationView(notification);
      publisher.toUsers([notification.userId], { event: "notification", data });
    }
    for (const userId of new Set(added.map((row) => row.userId))) {
      await store.notifications.trim(userId, limits.notifications);
    }
  }

  /** Adds a notification that no message causes, and sends a push of it. */
  async addWithPush(notification: Notification): Promise<void> {
    const { store, clock, onOutbox } = this.options;
    const { id: notificationId, userId } = notification;
    await this.add([notification]);
    const event = { type: "notification", notificationId, userId } as const;
    const entry = newOutboxEntry(null, [event], clock.now());
    await store.outbox.add(entry);
    onOutbox(entry);
  }

  /** Turns a security-relevant audit entry into a notification. Never throws. */
  async audited(entry: AuditEntry): Promise<void> {
    const { userId, action } = entry;
    if (userId === null || !isSecurityEvent(action)) return;
    try {
      if (action === "session.opened" && await this.#isOnlySession(userId)) return;
      if (action === "encryption.device_added" && await this.#isOnlyDevice(userId)) return;
      const [settings] = await this.options.store.notifications.settingsOf([userId]);
      if (!settings?.off.includes("security")) await this.#notifyOfSecurityEvent(userId, entry);
    } catch (error) {
      this.options.log.warn("Security notification failed", { userId, action, error });
    }
  }

  async page(userId: string, limit: number, cursor?: string): Promise<NotificationPage> {
    if (cursor !== undefined && !isId(cursor)) {
      const message = `Cannot list notifications: the cursor ${quote(cursor)} is not valid`;
      throw new AppError("invalid_request", message);
    }
    const items = await this.options.store.notifications.page(userId, cursor ?? null, limit);
    const unread = await this.options.store.notifications.unread(userId);
    return { items, next: items.length < limit ? null : items.at(-1)!.id, unread };
  }

  async markRead(userId: string, id: string): Promise<Notification> {
    const notification = await this.options.store.notifications.markRead(
      userId,
      id,
      this.options.clock.now(),
    );
    if (!notification) throw notFound("notification", id);
    await this.options.withdrawals.notificationsRead(userId, [notification]);
    return notification;
  }

  async markAllRead(userId: string): Promise<number> {
    const read = await this.options.store.notifications.markAllRead(
      userId,
      this.options.clock.now(),
    );
    if (read > 0) await this.options.withdrawals.allRead(userId);
    return read;
  }

  async settings(userId: string): Promise<NotificationSettings> {
    return (await this.options.store.notifications.settingsOf([userId]))[0] ??
      defaultSettings(userId);
  }

  /** Settings that the patch leaves out are not changed. */
  async change(userId: string, patch: SettingsPatch): Promise<NotificationSettings> {
    const settings = await this.settings(userId);
    const off = new Set(settings.off);
    for (const [kind, on] of Object.entries(patch.kinds ?? {})) {
      if (on) off.delete(kind as NotifiableKind);
      else off.add(kind as NotifiableKind);
    }
    const changed = {
      userId,
      off: [...off],
      quietHours: patch.quietHours === undefined ? settings.quietHours : patch.quietHours,
      hideContent: patch.hideContent ?? settings.hideContent,
    };
    await this.options.store.notifications.putSettings(changed);
    return changed;
  }

  async ofChat(userId: string, chatId: string): Promise<Membership> {
    const membership = await this.options.store.memberships.of(chatId, userId);
    if (!membership || membership.leftAt !== null) throw notFound("chat", chatId);
    return membership;
  }

  async changeChat(
    userId: string,
    chatId: string,
    patch: { level?: NotifyLevel; mutedUntil?: number | null },
  ): Promise<Membership> {
    const before = await this.ofChat(userId, chatId);
    const mutedUntil = patch.mutedUntil === undefined ? before.mutedUntil : patch.mutedUntil;
    const level = patch.level ?? before.notify;
    const after = await this.options.store.memberships.setNotify(chatId, userId, level, mutedUntil);
    if (!after) throw notFound("chat", chatId);
    this.options.withdrawals.muted(after);
    return after;
  }

  async #isOnlySession(userId: string): Promise<boolean> {
    return (await this.options.store.sessions.activeOf(userId, this.options.clock.now())).length <=
      1;
  }

  /** The first device is the person's own doing; of a removal before it they were notified. */
  async #isOnlyDevice(userId: string): Promise<boolean> {
    return (await this.options.store.devices.ofUsers([userId])).length <= 1;
  }

  async #notifyOfSecurityEvent(userId: string, { id, action, at }: AuditEntry): Promise<void> {
    await this.addWithPush({
      id: newId(),
      userId,
      key: `security:${id}`,
      kind: "security",
      data: { action },
      chatId: null,
      messageId: null,
      actorId: null,
      createdAt: at,
      readAt: null,
    });
  }
}
