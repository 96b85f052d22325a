import type { Unread } from "../../chats/unread.ts";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { timeSlices } from "../../core/work_budget.ts";
import type { Chat } from "../../model/chat.ts";
import type { Message } from "../../model/message.ts";
import type { OutboxEntry } from "../../model/outbox_entry.ts";
import type { PushDevice } from "../../model/push_device.ts";
import type { ShownPush } from "../../model/shown_push.ts";
import type { Store } from "../../store/store.ts";
import type { PushCandidate } from "../recipient_resolver.ts";
import { type Connected, PushAudience, type Recipient } from "./audience.ts";
import { PushDelivery, type Send } from "./delivery.ts";
import { PushLanes } from "./lanes.ts";
import type { Push, PushResult, PushSender } from "./sender.ts";
import { pushTag } from "./tags.ts";
import { alertOf, notificationAlert } from "./text.ts";

export interface DispatchOptions {
  store: Pick<
    Store,
    | "pushDevices"
    | "shownPushes"
    | "sessions"
    | "notifications"
    | "users"
    | "messages"
    | "memberships"
    | "outbox"
  >;
  sender: PushSender;
  unread: Pick<Unread, "badge">;
  connected: Connected;
  clock: Clock;
  log: Log;
  /** Milliseconds for which a user who has disconnected still counts as connected. */
  graceMs: number;
  /** See `destinationOf`. */
  webPushOrigins?: readonly string[];
  /** Milliseconds that a round waits for its slowest push. */
  roundMs?: number;
  /** Called after each attempt, `ageMs` milliseconds after the commit that caused the push. */
  observe(outcome: PushResult["outcome"], ageMs: number): void;
  /** Called with the pushes that devices now show. */
  onShown(rows: ShownPush[]): Promise<void>;
}

const TTL_SECONDS = 86_400;
/** Maximum number of a user's devices that show pushes with one tag. */
const MAX_SHOWN = 100;

/** Sends to the devices of users who are away, and returns the entries to retry. */
export class PushDispatch {
  readonly #audience: PushAudience;
  readonly #delivery: PushDelivery;

  constructor(private readonly options: DispatchOptions) {
    const { webPushOrigins: allowedOrigins } = options;
    const lanes = new PushLanes({ ...options, allowedOrigins });
    this.#audience = new PushAudience(options);
    this.#delivery = new PushDelivery({ ...options, lanes });
  }

  /** Reads the chat only if there is a device to show it: mostly there is none. */
  async showChat(
    readChat: () => Promise<Chat | null>,
    showings: readonly PushCandidate[],
  ): Promise<OutboxEntry[]> {
    const { recipients, later } = await this.#audience.of(showings);
    if (recipients.length === 0) return later;
    const chat = await readChat();
    if (!chat) return [];
    const sends: Send[] = [];
    const pause = timeSlices();
    const names = await this.#namesOf(recipients.map(({ candidate }) => candidate.actorId));
    for (const { candidate, devices, settings } of recipients) {
      const actorName = names.get(candidate.actorId) ?? "Someone";
      const push = await this.#chatPush(chat, candidate, actorName, settings.hideContent);
      if (push) {
        const shown = this.#shownBy(push, candidate, chat.id);
        sends.push(...devices.map((device) => ({ device, push, candidate, shows: shown(device) })));
      }
      await pause();
    }
    return [...later, ...await this.#delivery.send(sends)];
  }

  async showNotification(entry: OutboxEntry): Promise<OutboxEntry[]> {
    const retries: OutboxEntry[] = [];
    for (const event of entry.occurrences) {
      if (event.type !== "notification") continue;
      const { notificationId, userId } = event;
      const found = await this.options.store.notifications.byId(notificationId);
      if (!found || found.readAt !== null) continue;
      const { data, kind } = found;
      const shared = { userId, kind, actorId: "", messageId: null, data };
      const { recipients, later } = await this.#audience.of([{ ...shared, event, entry }]);
      const sends = recipients.flatMap((recipient) => {
        const push = notificationPush(recipient, notificationId);
        const { candidate, devices } = recipient;
        const shown = this.#shownBy(push, candidate, null);
        return devices.map((device) => ({ device, push, candidate, shows: shown(device) }));
      });
      retries.push(...later, ...await this.#delivery.send(sends));
    }
    return retries;
  }

  /**
   * Withdraws pushes that devices still show, even from users who are connected or in quiet hours.
   */
  async withdraw(entry: OutboxEntry): Promise<OutboxEntry[]> {
    const { store, unread } = this.options;
    const sends: Send[] = [];
    const named = entry.deviceIds && new Set(entry.deviceIds);
    for (const event of entry.occurrences) {
      if (event.type !== "withdrawn") continue;
      const { userId, deviceId, tag, shownAt } = event;
      if (named && !named.has(deviceId)) continue;
      const shown = (await store.shownPushes.find({ userId, tag }, MAX_SHOWN))
        .find((row) => row.deviceId === deviceId && row.shownAt === shownAt);
      if (!shown) continue;
      const device = (await store.pushDevices.ofUser(userId)).find(({ id }) => id === deviceId);
      if (!device) {
        await store.shownPushes.remove([shown]);
        continue;
      }
      const push = withdrawalPush(shown, await unread.badge(userId));
      const shared = { userId, kind: shown.kind, actorId: "", messageId: null, data: {} };
      const candidate = { ...shared, event, entry };
      sends.push({ device, push, candidate, withdraws: shown });
    }
    return await this.#delivery.send(sends);
  }

  /** Aborts pushes in flight: they are returned as retries. */
  stop(): void {
    this.#delivery.stop();
  }

  /** Resolves once no push is in flight. */
  idle(): Promise<void> {
    return this.#delivery.idle();
  }

  /** Returns null if there is nothing left to show, because the message was deleted meanwhile. */
  async #chatPush(
    chat: Chat,
    candidate: PushCandidate,
    actorName: string,
    hidden: boolean,
  ): Promise<Push | null> {
    const { kind, data, userId } = candidate;
    const message = await this.#messageOf(chat, candidate);
    if (candidate.messageId !== null && message === null) return null;
    return {
      collapseKey: pushTag(kind, chat.id, candidate.messageId),
      alert: alertOf({ kind, chat, message, actorName, data }, hidden),
      badge: await this.options.unread.badge(userId),
      data: {
        type: kind,
        chatId: chat.id,
        ...(message && { messageId: message.id, seq: String(message.seq) }),
      },
      urgency: "high",
      ttl: TTL_SECONDS,
    };
  }

  /**
   * If a plain message was deleted, an earlier unread one of the chat may replace it in the push.
   */
  async #messageOf(
    chat: Chat,
    { messageId, kind, userId }: PushCandidate,
  ): Promise<Message | null> {
    if (messageId === null) return null;
    const { messages, memberships } = this.options.store;
    const message = await messages.byId(messageId);
    if (!message || message.deletedAt === null || kind !== "message") {
      return message?.deletedAt === null ? message : null;
    }
    const member = await memberships.of(chat.id, userId);
    const page = await messages.page({ chatId: chat.id, before: message.seq, limit: 20 });
    return page.find((row) =>
      row.deletedAt === null && row.senderId === message.senderId &&
      row.seq > (member?.readSeq ?? Infinity) && row.createdAt > message.createdAt - 60_000
    ) ?? null;
  }

  /** Returns what a device shows once this push was delivered. */
  #shownBy(push: Push, { userId, kind }: PushCandidate, chatId: string | null) {
    const shownAt = this.options.clock.now();
    const { messageId = null, seq } = push.data;
    return ({ id: deviceId }: PushDevice): ShownPush => ({
      deviceId,
      userId,
      tag: push.collapseKey!,
      kind,
      chatId,
      messageId,
      seq: seq === undefined ? null : Number(seq),
      shownAt,
    });
  }

  async #namesOf(userIds: string[]): Promise<Map<string, string>> {
    const users = await this.options.store.users.byIds([...new Set(userIds)]);
    return new Map(users.map((user) => [user.id, user.displayName || user.username]));
  }
}

function notificationPush({ candidate, settings }: Recipient, notificationId: string): Push {
  return {
    collapseKey: notificationId,
    alert: notificationAlert(candidate.kind, candidate.data, settings.hideContent),
    badge: null,
    data: { type: candidate.kind, notificationId },
    urgency: "high",
    ttl: TTL_SECONDS,
  };
}

/**
 * Shows nothing and replaces the push that it withdraws, on the device or while that is still
 * queued.
 */
function withdrawalPush({ tag, chatId, messageId }: ShownPush, badge: number): Push {
  return {
    collapseKey: tag,
    alert: null,
    badge,
    data: {
      type: "withdrawn",
      tag,
      ...(chatId !== null && { chatId }),
      ...(messageId !== null && { messageId }),
    },
    urgency: "normal",
    ttl: TTL_SECONDS,
  };
}
