import type { Clock } from "../core/clock.ts";
import { forEachOf } from "../core/concurrency.ts";
import { type Membership, visibleTo } from "../model/membership.ts";
import type { NotifiableKind, NotificationSettings } from "../model/notification.ts";
import type { OutboxEntry, OutboxEvent } from "../model/outbox_entry.ts";
import type { Store } from "../store/store.ts";
import { NotificationBudget } from "./notification_budget.ts";
import type { Notifications } from "./notifications.ts";
import {
  bypassesMute,
  intentsOf,
  isUnmuted,
  type Messages,
  type NotificationIntent,
  notificationOf,
} from "./notification_rules.ts";

export type RecipientStore = Pick<
  Store,
  "chats" | "memberships" | "messages" | "blocks" | "notifications" | "users"
>;

/** Actors whose blocks are read concurrently, so that a store can read them together. */
const AT_ONCE = 32;

/** The newest event of a chat that concerns a user; their devices show it. */
export interface PushCandidate {
  userId: string;
  kind: NotifiableKind;
  actorId: string;
  messageId: string | null;
  data: Record<string, string>;
  event: OutboxEvent;
  /** The entry of the event; its age is the time for which delivery has been tried. */
  entry: OutboxEntry;
}

/**
 * Resolves the recipients of a chat's events from the current rows: members who have left, blocked
 * the sender, muted the chat or read further are skipped, and so are events of deleted messages.
 */
export class RecipientResolver {
  readonly #budget: NotificationBudget;

  constructor(
    private readonly store: RecipientStore,
    private readonly notifications: Notifications,
    private readonly clock: Clock,
  ) {
    this.#budget = new NotificationBudget(clock);
  }

  /** Stores the notifications and returns the push candidates, one per user. */
  async resolve(chatId: string, entries: readonly OutboxEntry[]): Promise<PushCandidate[]> {
    const rows = await this.store.memberships.ofChat(chatId);
    const members = new Map(
      rows.filter((row) => row.leftAt === null).map((row) => [row.userId, row]),
    );
    const events = entries.flatMap((entry) => entry.occurrences.map((event) => ({ event, entry })));
    const messages = await this.#messagesOf(events.map(({ event }) => event));
    const blockers = await this.#blockersOf(events.map(({ event }) => event));
    const shown = new Map<string, PushCandidate>();
    for (const { event, entry } of events) {
      for (const candidate of broadcast(event, entry, members, this.clock.now())) {
        if (!blockers.get(candidate.actorId)?.has(candidate.userId)) {
          shown.set(candidate.userId, candidate);
        }
      }
    }
    const intents = await this.#wanted(events, members, messages, blockers);
    for (const { intent, event, entry } of intents) {
      const { userId, kind, actorId, messageId, data } = intent;
      const later = shown.get(userId);
      if (!later || isNewer(event, later.event)) {
        shown.set(userId, { userId, kind, actorId, messageId, data, event, entry });
      }
    }
    const fresh = intents.filter(({ entry }) => entry.deviceIds === null);
    await this.notifications.add(
      fresh.map(({ intent, entry }) =>
        notificationOf(intent, chatId, entry, this.#readAt(intent, members, messages))
      ),
    );
    return [...shown.values()];
  }

  /** A notification of a message that the user has read meanwhile is created as read. */
  #readAt(
    { userId, messageId }: NotificationIntent,
    members: ReadonlyMap<string, Membership>,
    messages: Messages,
  ): number | null {
    const message = messageId === null ? undefined : messages.get(messageId);
    if (!message || message.senderId === userId) return null;
    return members.get(userId)!.readSeq >= message.seq ? this.clock.now() : null;
  }

  async #wanted(
    events: { event: OutboxEvent; entry: OutboxEntry }[],
    members: ReadonlyMap<string, Membership>,
    messages: Messages,
    blockers: ReadonlyMap<string, ReadonlySet<string>>,
  ) {
    const now = this.clock.now();
    const intents = events.flatMap(({ event, entry }) =>
      intentsOf(event, messages).map((intent) => ({ intent, event, entry }))
    ).filter(({ intent }) => {
      const member = members.get(intent.userId);
      if (!member || intent.userId === intent.actorId) return false;
      if (blockers.get(intent.actorId)?.has(intent.userId)) return false;
      const message = messages.get(intent.messageId ?? "");
      // An edit can mention a user who may not see the message.
      if (message && visibleTo(member, [message]).length === 0) return false;
      return bypassesMute(intent.kind) || isUnmuted(member, now);
    });
    const settings = await this.#settingsOf(intents.map(({ intent }) => intent));
    const erased = await this.#erasedActors(intents.map(({ intent }) => intent));
    return intents.filter(({ intent: { userId, actorId, kind } }) =>
      !settings.get(userId)?.off.includes(kind) && !erased.has(actorId)
    ).filter((wanted) => this.#isWithinBudget(wanted));
  }

  /** A message notifies once, and a retry was counted when it was new. */
  #isWithinBudget(
    { intent, event, entry }: {
      intent: NotificationIntent;
      event: OutboxEvent;
      entry: OutboxEntry;
    },
  ): boolean {
    if (event.type === "message" || entry.deviceIds !== null) return true;
    const { kind, actorId, userId, messageId } = intent;
    return this.#budget.take([kind, actorId, userId, messageId ?? entry.chatId].join(" "));
  }

  /**
   * An account that is erased leaves its groups, and may pass ownership on: an event that is
   * resolved after its notifications were withdrawn would bring one back. Intents that name a
   * message need no look: the messages of the account are tombstones by then.
   */
  async #erasedActors(intents: NotificationIntent[]): Promise<Set<string>> {
    const ids = intents.filter(({ messageId }) => messageId === null).map(({ actorId }) => actorId);
    if (ids.length === 0) return new Set();
    const actors = await this.store.users.byIds([...new Set(ids)]);
    return new Set(actors.filter(({ deletedAt }) => deletedAt !== null).map(({ id }) => id));
  }

  async #settingsOf(intents: NotificationIntent[]): Promise<Map<string, NotificationSettings>> {
    const userIds = [...new Set(intents.map(({ userId }) => userId))];
    if (userIds.length === 0) return new Map();
    const rows = await this.store.notifications.settingsOf(userIds);
    return new Map(rows.map((row) => [row.userId, row]));
  }

  /** Plain messages are not loaded: their recipients are known without them. */
  async #messagesOf(events: OutboxEvent[]): Promise<Messages> {
    const ids = new Set<string>();
    for (const event of events) {
      if (event.type === "reaction" || event.type === "mention") {
        ids.add(event.messageId);
      }
      if (event.type !== "message") continue;
      if (event.replyTo !== null) ids.add(event.replyTo);
      if (event.replyTo !== null || event.mentions.length > 0) {
        ids.add(event.messageId);
      }
    }
    if (ids.size === 0) return new Map();
    const rows = await this.store.messages.byIds([...ids]);
    return new Map(rows.map((row) => [row.id, row]));
  }

  async #blockersOf(events: OutboxEvent[]): Promise<Map<string, Set<string>>> {
    const actorIds = [...new Set(events.flatMap(actorOf))];
    const blockers = new Map<string, Set<string>>();
    await forEachOf(actorIds, AT_ONCE, async (actorId) => {
      const blocks = await this.store.blocks.against(actorId);
      blockers.set(actorId, new Set(blocks.map((block) => block.blockerId)));
    });
    return blockers;
  }
}

function actorOf(event: OutboxEvent): string[] {
  if (event.type === "message") return [event.senderId];
  return "actorId" in event ? [event.actorId] : [];
}

/** Yields a candidate for every member with all notifications on who has not read that far. */
function* broadcast(
  event: OutboxEvent,
  entry: OutboxEntry,
  members: ReadonlyMap<string, Membership>,
  now: number,
): Iterable<PushCandidate> {
  if (event.type !== "message") return;
  const { senderId: actorId, messageId, seq } = event;
  for (const member of members.values()) {
    if (member.userId === actorId || member.notify !== "all" || member.readSeq >= seq) continue;
    if (!isUnmuted(member, now)) continue;
    const { userId } = member;
    yield { userId, kind: "message", actorId, messageId, data: {}, event, entry };
  }
}

/** For the same message, a mention wins over the plain notification. */
function isNewer(event: OutboxEvent, other: OutboxEvent): boolean {
  if (event.type !== "message" || other.type !== "message") return true;
  return event.seq >= other.seq;
}
