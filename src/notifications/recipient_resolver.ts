import type { Clock } from "../core/clock.ts";
import type { Chat } from "../model/chat.ts";
import type { Membership } from "../model/membership.ts";
import type { NotifiableKind, NotificationSettings } from "../model/notification.ts";
import type { OutboxEntry, OutboxEvent } from "../model/outbox_entry.ts";
import type { Store } from "../store/store.ts";
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
  "chats" | "memberships" | "messages" | "blocks" | "notifications"
>;

/** What one person's devices are to show of a chat: the newest thing that concerns them. */
export interface PushCandidate {
  userId: string;
  kind: NotifiableKind;
  actorId: string;
  messageId: string | null;
  data: Record<string, string>;
  occurrence: OutboxEvent;
  /** The entry that it came with: its age is how long it has been tried. */
  entry: OutboxEntry;
}

/**
 * Works out whom some occurrences of one chat concern, from the rows as they are now: who has left,
 * blocked the sender, muted the chat or read on hears nothing, and what was deleted is not told.
 */
export class RecipientResolver {
  constructor(
    private readonly store: RecipientStore,
    private readonly notifications: Notifications,
    private readonly clock: Clock,
  ) {}

  /** Stores the notifications, and answers what is to be shown to whom. */
  async tell(chat: Chat, entries: readonly OutboxEntry[]): Promise<PushCandidate[]> {
    const rows = await this.store.memberships.ofChat(chat.id);
    const members = new Map(
      rows.filter((row) => row.leftAt === null).map((row) => [row.userId, row]),
    );
    const occurrences = entries.flatMap((entry) =>
      entry.occurrences.map((occurrence) => ({ occurrence, entry }))
    );
    const messages = await this.#messagesOf(occurrences.map(({ occurrence }) => occurrence));
    const blockers = await this.#blockersOf(occurrences.map(({ occurrence }) => occurrence));
    const shown = new Map<string, PushCandidate>();
    for (const { occurrence, entry } of occurrences) {
      for (const showing of broadcast(occurrence, entry, members, this.clock.now())) {
        if (!blockers.get(showing.actorId)?.has(showing.userId)) shown.set(showing.userId, showing);
      }
    }
    const told = await this.#wanted(occurrences, members, messages, blockers);
    for (const { telling, occurrence, entry } of told) {
      const { userId, kind, actorId, messageId, data } = telling;
      const later = shown.get(userId);
      if (!later || isNewer(occurrence, later.occurrence)) {
        shown.set(userId, { userId, kind, actorId, messageId, data, occurrence, entry });
      }
    }
    const fresh = told.filter(({ entry }) => entry.deviceIds === null);
    await this.notifications.add(
      fresh.map(({ telling, entry }) =>
        notificationOf(telling, chat.id, entry, this.#readAt(telling, members, messages))
      ),
    );
    return [...shown.values()];
  }

  /** A person who has read the message by now finds its notification read. */
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
    occurrences: { occurrence: OutboxEvent; entry: OutboxEntry }[],
    members: ReadonlyMap<string, Membership>,
    messages: Messages,
    blockers: ReadonlyMap<string, ReadonlySet<string>>,
  ) {
    const now = this.clock.now();
    const told = occurrences.flatMap(({ occurrence, entry }) =>
      intentsOf(occurrence, messages).map((telling) => ({ telling, occurrence, entry }))
    ).filter(({ telling }) => {
      const member = members.get(telling.userId);
      if (!member || telling.userId === telling.actorId) return false;
      if (blockers.get(telling.actorId)?.has(telling.userId)) return false;
      const message = messages.get(telling.messageId ?? "");
      // An edit can mention a person who may not see the message.
      if (message && message.seq <= member.hiddenSeq) return false;
      return bypassesMute(telling.kind) || isUnmuted(member, now);
    });
    const settings = await this.#settingsOf(told.map(({ telling }) => telling));
    return told.filter(({ telling }) => !settings.get(telling.userId)?.off.includes(telling.kind));
  }

  async #settingsOf(tellings: NotificationIntent[]): Promise<Map<string, NotificationSettings>> {
    const userIds = [...new Set(tellings.map(({ userId }) => userId))];
    if (userIds.length === 0) return new Map();
    const rows = await this.store.notifications.settingsOf(userIds);
    return new Map(rows.map((row) => [row.userId, row]));
  }

  /** Plain messages are not read: who is told of them is known without. */
  async #messagesOf(occurrences: OutboxEvent[]): Promise<Messages> {
    const ids = new Set<string>();
    for (const occurrence of occurrences) {
      if (occurrence.type === "reaction" || occurrence.type === "mention") {
        ids.add(occurrence.messageId);
      }
      if (occurrence.type !== "message") continue;
      if (occurrence.replyTo !== null) ids.add(occurrence.replyTo);
      if (occurrence.replyTo !== null || occurrence.mentions.length > 0) {
        ids.add(occurrence.messageId);
      }
    }
    if (ids.size === 0) return new Map();
    const rows = await this.store.messages.byIds([...ids]);
    return new Map(rows.map((row) => [row.id, row]));
  }

  async #blockersOf(occurrences: OutboxEvent[]): Promise<Map<string, Set<string>>> {
    const actorIds = new Set(occurrences.flatMap(actorOf));
    const blockers = new Map<string, Set<string>>();
    for (const actorId of actorIds) {
      const blocks = await this.store.blocks.against(actorId);
      blockers.set(actorId, new Set(blocks.map((block) => block.blockerId)));
    }
    return blockers;
  }
}

function actorOf(occurrence: OutboxEvent): string[] {
  if (occurrence.type === "message") return [occurrence.senderId];
  return "actorId" in occurrence ? [occurrence.actorId] : [];
}

/** Everyone who hears all of the chat and has not read so far. */
function* broadcast(
  occurrence: OutboxEvent,
  entry: OutboxEntry,
  members: ReadonlyMap<string, Membership>,
  now: number,
): Iterable<PushCandidate> {
  if (occurrence.type !== "message") return;
  const { senderId: actorId, messageId, seq } = occurrence;
  for (const member of members.values()) {
    if (member.userId === actorId || member.notify !== "all" || member.readSeq >= seq) continue;
    if (!isUnmuted(member, now)) continue;
    const { userId } = member;
    yield { userId, kind: "message", actorId, messageId, data: {}, occurrence, entry };
  }
}

/** Of one message, its being a mention is the better telling. */
function isNewer(occurrence: OutboxEvent, other: OutboxEvent): boolean {
  if (occurrence.type !== "message" || other.type !== "message") return true;
  return occurrence.seq >= other.seq;
}
