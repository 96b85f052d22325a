import { newId } from "../../src/core/ids.ts";
import { silentLog } from "../../src/core/log.ts";
import type { Chat } from "../../src/model/chat.ts";
import type { Membership } from "../../src/model/membership.ts";
import type { Message } from "../../src/model/message.ts";
import type { Notification } from "../../src/model/notification.ts";
import type { OutboxEntry, OutboxEvent } from "../../src/model/outbox_entry.ts";
import type { ShownPush } from "../../src/model/shown_push.ts";
import { Notifications } from "../../src/notifications/notifications.ts";
import {
  type PushCandidate,
  RecipientResolver,
} from "../../src/notifications/recipient_resolver.ts";
import { Withdrawals } from "../../src/notifications/withdrawals.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { anOutboxEntry, storedChat, T0 } from "../contract/store/rows.ts";

/**
 * A group of Ann, Bob and Eve, and the rules of who is notified of what, over a store in memory.
 */
export class NotificationWorld implements AsyncDisposable {
  readonly store = new SqliteStore(":memory:");
  readonly ann = newId();
  readonly bob = newId();
  readonly eve = newId();
  /** Entries that were written for this instance to process. */
  readonly written: OutboxEntry[] = [];
  readonly published: { userIds: string[]; event: string; data: unknown }[] = [];
  readonly withdrawals: Withdrawals;
  readonly notifications: Notifications;
  readonly resolver: RecipientResolver;
  readonly limits = { notifications: 100 };
  chat!: Chat;
  messages: Message[] = [];

  private constructor() {
    const { store, limits } = this;
    const publisher = {
      toUsers: (userIds: string[], { event, data }: { event: string; data: unknown }) =>
        void this.published.push({ userIds, event, data }),
    };
    const clock = { now: () => T0 };
    const onOutbox = (entry: OutboxEntry) => void this.written.push(entry);
    const shared = { store, publisher, clock, log: silentLog, onOutbox };
    this.withdrawals = new Withdrawals(shared);
    this.notifications = new Notifications({ ...shared, withdrawals: this.withdrawals, limits });
    this.resolver = new RecipientResolver(store, this.notifications, clock);
  }

  /** `members` are by name; messages are by Ann unless they say otherwise. */
  static async make(
    content: {
      messages?: (world: NotificationWorld) => Partial<Message>[];
      members?: Partial<Record<"ann" | "bob" | "eve", Partial<Membership>>>;
    } = {},
  ): Promise<NotificationWorld> {
    const world = new NotificationWorld();
    const names = ["ann", "bob", "eve"] as const;
    const members = names.map((name) => ({ ...content.members?.[name], userId: world[name] }));
    const messages = (content.messages?.(world) ?? [{}])
      .map((fields) => ({ senderId: world.ann, ...fields }));
    const stored = await storedChat(world.store, { members, messages });
    world.chat = stored.chat;
    world.messages = stored.messages;
    return world;
  }

  /** The event of a message that was sent. */
  sent(at = 0): OutboxEvent {
    const { id: messageId, seq, senderId, mentions, replyTo } = this.messages[at];
    return { type: "message", messageId, seq, senderId, mentions, replyTo };
  }

  entry(occurrences: OutboxEvent[], fields: Partial<OutboxEntry> = {}): OutboxEntry {
    return anOutboxEntry({ chatId: this.chat.id, occurrences, ...fields });
  }

  /** Resolves the events, each in a separate entry. */
  resolve(events: OutboxEvent[], fields: Partial<OutboxEntry> = {}): Promise<PushCandidate[]> {
    const entries = events.map((event) => this.entry([event], fields));
    return this.resolver.resolve(this.chat.id, entries);
  }

  /** Resolves the events, and returns the kind of push for each person by name. */
  async kinds(...events: OutboxEvent[]): Promise<Record<string, string>> {
    const found = await this.resolve(events);
    return Object.fromEntries(found.map(({ userId, kind }) => [this.nameOf(userId), kind]));
  }

  nameOf(userId: string): string {
    return (["ann", "bob", "eve"] as const).find((name) => this[name] === userId) ?? userId;
  }

  async stored(userId: string): Promise<Notification[]> {
    return await this.store.notifications.page(userId, null, 50);
  }

  /** A push that Bob's device shows of a message. */
  async shown(fields: Partial<ShownPush> = {}): Promise<ShownPush> {
    const [{ id: messageId, seq }] = this.messages;
    const row: ShownPush = {
      deviceId: newId(),
      userId: this.bob,
      tag: this.chat.id,
      kind: "message",
      chatId: this.chat.id,
      messageId,
      seq,
      shownAt: T0,
      ...fields,
    };
    await this.store.shownPushes.put([row]);
    return row;
  }

  /** Devices whose pushes were withdrawn, in the order of the entries. */
  get withdrawn(): string[] {
    return this.written.flatMap(({ occurrences }) =>
      occurrences.flatMap((event) => event.type === "withdrawn" ? [event.deviceId] : [])
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }
}
