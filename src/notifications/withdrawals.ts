import { type Clock, toTimestamp, toTimestampOrNull } from "../core/clock.ts";
import { forEachOf } from "../core/concurrency.ts";
import { idsOf } from "../core/ids.ts";
import type { Log } from "../core/log.ts";
import type { ContactRequest } from "../model/contact.ts";
import { isMuted, type Membership } from "../model/membership.ts";
import type { Notification } from "../model/notification.ts";
import { newOutboxEntry, type OutboxEntry, type OutboxEvent } from "../model/outbox_entry.ts";
import type { ShownPush } from "../model/shown_push.ts";
import type { Publisher } from "../realtime/publisher.ts";
import type { NotificationFilter } from "../store/notification_store.ts";
import type { ShownPushFilter } from "../store/shown_push_store.ts";
import type { Store } from "../store/store.ts";

export interface WithdrawalsOptions {
  store: Pick<
    Store,
    "notifications" | "shownPushes" | "messages" | "memberships" | "outbox"
  >;
  publisher: Pick<Publisher, "toUsers">;
  clock: Clock;
  log: Log;
  /** Called with an entry that this instance wrote. */
  onOutbox(entry: OutboxEntry): void;
}

/** Maximum number of notifications and pushes that one event withdraws at once. */
const MAX_ROWS = 500;
/** Senders whose rows are read concurrently, so that a store can read them together. */
const AT_ONCE = 32;

/**
 * Withdraws notifications and pushes whose cause has disappeared: their message was deleted, read,
 * or no longer mentions the user, the reaction was removed, or the user left the chat. The user's
 * other devices are notified at once.
 */
export class Withdrawals {
  constructor(private readonly options: WithdrawalsOptions) {}

  /** The user has read up to `readSeq`. Never throws, and runs in the background. */
  chatRead(userId: string, chatId: string, readSeq: number): void {
    this.#read(userId, chatId, readSeq).catch((error) =>
      this.options.log.warn("Marking notifications of a read chat failed", { chatId, error })
    );
  }

  /** Applies the withdrawals that the fresh entries of one chat cause. */
  async apply(chatId: string, entries: readonly OutboxEntry[]): Promise<void> {
    const occurrences = entries.filter(({ deviceIds }) => deviceIds === null)
      .flatMap((entry) => entry.occurrences);
    const senders = [...lastOfSenders(occurrences)];
    await forEachOf(senders, AT_ONCE, ([userId, seq]) => this.#read(userId, chatId, seq));
    for (const event of occurrences) await this.#apply(chatId, event);
  }

  /** The user has read these notifications. */
  async notificationsRead(userId: string, notifications: readonly Notification[]): Promise<void> {
    if (notifications.length === 0) return;
    await this.#publishRead(userId, idsOf(notifications));
    for (const { id, chatId, messageId, kind } of notifications) {
      const shown = chatId === null
        ? await this.#find({ userId, tag: id })
        : await this.#find({ userId, chatId });
      await this.withdraw(
        shown.filter((row) =>
          chatId === null || (row.messageId === messageId && row.kind === kind)
        ),
      );
    }
  }

  /** The user has read all of their notifications. */
  async allRead(userId: string): Promise<void> {
    await this.#publishRead(userId, null);
    const shown = await this.#find({ userId });
    // Pushes of messages are withdrawn when their chat is read.
    await this.withdraw(shown.filter(({ kind }) => kind !== "message"));
  }

  /** The user has changed the notification level of a chat. */
  muted(member: Membership): void {
    const { userId, chatId, notify: level, mutedUntil } = member;
    const muted = isMuted(member, this.options.clock.now());
    const data = { chatId, level, mutedUntil: toTimestampOrNull(mutedUntil), muted };
    this.options.publisher.toUsers([userId], { event: "chat.notifications", data });
  }

  /** A contact request was answered or canceled. Never throws, and runs in the background. */
  requestSettled({ id, userId }: Pick<ContactRequest, "id" | "userId">): void {
    this.#removeRequest(userId, `request:${id}`).catch((error) =>
      this.options.log.warn("Withdrawing a contact request's notification failed", { id, error })
    );
  }

  /**
   * Withdraws, among the pushes that were just shown, those whose chat was read meanwhile, and
   * those of a user who has read all notifications: neither reading found them.
   */
  async shown(rows: readonly ShownPush[]): Promise<void> {
    const { memberships } = this.options.store;
    const read = await this.#allRead(rows);
    await this.withdraw(read);
    const others = rows.filter((row) => !read.includes(row));
    for (const [chatId, group] of Map.groupBy(others, (row) => row.chatId)) {
      if (chatId === null) continue;
      const members = new Map(
        (await memberships.ofChat(chatId)).map((row) => [row.userId, row]),
      );
      await this.withdraw(group.filter(({ userId, seq }) => {
        const member = members.get(userId);
        return !member || member.leftAt !== null || (seq !== null && member.readSeq >= seq);
      }));
    }
  }

  /** Creates the entries whose silent pushes withdraw these: one entry per user. */
  async withdraw(rows: readonly ShownPush[]): Promise<void> {
    const { store, clock, onOutbox } = this.options;
    for (const [, group] of Map.groupBy(rows, ({ userId }) => userId)) {
      const events = group.map(({ userId, deviceId, tag, shownAt }) => {
        return { type: "withdrawn", userId, deviceId, tag, shownAt } as const;
      });
      const entry = newOutboxEntry(null, events, clock.now());
      await store.outbox.add(entry);
      onOutbox(entry);
    }
  }

  async #apply(chatId: string, event: OutboxEvent): Promise<void> {
    switch (event.type) {
      case "deleted": {
        const { messageId } = event;
        await this.#remove({ messageId });
        return await this.withdraw(await this.#find({ messageId }));
      }
      case "unreacted":
        return await this.#unreacted(event);
      case "unmentioned":
        return await this.#unmentioned(event);
      case "left": {
        const { userId } = event;
        await this.#remove({ userId, chatId });
        return await this.withdraw(await this.#find({ userId, chatId }));
      }
      default:
        return;
    }
  }

  /** The push stays while another user's reaction exists: it shows the latest of several. */
  async #unreacted(
    { messageId, actorId, emoji }: Extract<OutboxEvent, { type: "unreacted" }>,
  ): Promise<void> {
    const message = await this.options.store.messages.byId(messageId);
    if (!message) return;
    const { senderId: userId, reactions } = message;
    if (reactions.some((each) => each.emoji === emoji && each.userIds.includes(actorId))) return;
    await this.#remove({ userId, key: `reaction:${messageId}:${actorId}:${emoji}` });
    const isByOthers = reactions.some(({ userIds }) => userIds.some((id) => id !== userId));
    if (isByOthers) return;
    const shown = await this.#find({ messageId });
    await this.withdraw(shown.filter(({ kind }) => kind === "reaction"));
  }

  /**
   * The user whom the message replies to keeps the notification, because the reply still exists.
   */
  async #unmentioned(
    { messageId, userIds }: Extract<OutboxEvent, { type: "unmentioned" }>,
  ): Promise<void> {
    const { messages } = this.options.store;
    const message = await messages.byId(messageId);
    if (!message) return;
    const answered = message.replyTo === null ? null : await messages.byId(message.replyTo);
    const kept = [...message.mentions, answered?.senderId];
    const removed = userIds.filter((userId) => !kept.includes(userId));
    for (const userId of removed) await this.#remove({ userId, key: `message:${messageId}` });
    const shown = await this.#find({ messageId });
    await this.withdraw(
      shown.filter(({ kind, userId }) => kind === "mention" && removed.includes(userId)),
    );
  }

  async #read(userId: string, chatId: string, readSeq: number): Promise<void> {
    const { store, clock } = this.options;
    const unread = await store.notifications.unreadOfChat(userId, chatId, MAX_ROWS);
    if (unread.length > 0) {
      const messages = await store.messages.byIds(unread.map(({ messageId }) => messageId!));
      const read = new Set(messages.filter(({ seq }) => seq <= readSeq).map(({ id }) => id));
      const ids = idsOf(unread.filter(({ messageId }) => read.has(messageId!)));
      const marked = await store.notifications.markTheseRead(userId, ids, clock.now());
      if (marked.length > 0) await this.#publishRead(userId, marked);
    }
    const shown = await this.#find({ userId, chatId });
    await this.withdraw(shown.filter(({ seq }) => seq !== null && seq <= readSeq));
  }

  /** Returns the pushes about notifications of users who have none unread. */
  async #allRead(rows: readonly ShownPush[]): Promise<ShownPush[]> {
    const notified = rows.filter(({ kind }) => kind !== "message");
    const read: ShownPush[] = [];
    for (const [userId, group] of Map.groupBy(notified, (row) => row.userId)) {
      if (await this.options.store.notifications.unread(userId) === 0) read.push(...group);
    }
    return read;
  }

  async #removeRequest(userId: string, key: string): Promise<void> {
    for (const { id: tag } of await this.#remove({ userId, key })) {
      await this.withdraw(await this.#find({ userId, tag }));
    }
  }

  async #remove(filter: NotificationFilter): Promise<Notification[]> {
    const { store, publisher } = this.options;
    const removed = await store.notifications.withdraw(filter, MAX_ROWS);
    for (const [userId, rows] of Map.groupBy(removed, (row) => row.userId)) {
      const unread = await store.notifications.unread(userId);
      const data = { notificationIds: idsOf(rows), unread };
      publisher.toUsers([userId], { event: "notification.removed", data });
    }
    return removed;
  }

  async #publishRead(userId: string, notificationIds: string[] | null): Promise<void> {
    const { store, publisher, clock } = this.options;
    const unread = await store.notifications.unread(userId);
    const data = { notificationIds, readAt: toTimestamp(clock.now()), unread };
    publisher.toUsers([userId], { event: "notification.read", data });
  }

  #find(filter: ShownPushFilter): Promise<ShownPush[]> {
    return this.options.store.shownPushes.find(filter, MAX_ROWS);
  }
}

/**
 * Returns the last sequence number of each sender: sending into a chat marks it as read up to
 * there.
 */
function lastOfSenders(occurrences: readonly OutboxEvent[]): Map<string, number> {
  const last = new Map<string, number>();
  for (const event of occurrences) {
    if (event.type !== "message") continue;
    last.set(event.senderId, Math.max(event.seq, last.get(event.senderId) ?? 0));
  }
  return last;
}
