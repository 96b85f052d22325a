import type { Clock } from "../core/clock.ts";
import { forEachOf } from "../core/concurrency.ts";
import { newId } from "../core/ids.ts";
import type { Log } from "../core/log.ts";
import type { Chat } from "../model/chat.ts";
import type { Message } from "../model/message.ts";
import { defaultSettings, type NotificationSettings } from "../model/notification.ts";
import type { OutboxEntry } from "../model/outbox_entry.ts";
import type { PushDevice } from "../model/push_device.ts";
import type { Store } from "../store/store.ts";
import type { Showing } from "./chat_teller.ts";
import type { Push, PushResult, PushSender } from "./push_sender.ts";
import { alertOf, securityAlert } from "./push_text.ts";
import { isQuiet } from "./quiet_hours.ts";
import { retryAt } from "./retry_times.ts";

/** Who has a connection that will hear it anyway. */
export interface Connected {
  /** To this instance, right now. */
  here(userId: string): boolean;
  /** To any instance, as far as is known; those who left a moment ago may still be among them. */
  anywhere(userIds: string[]): Promise<Set<string>>;
}

export interface DispatchOptions {
  store: Pick<
    Store,
    "pushDevices" | "sessions" | "notifications" | "users" | "messages" | "memberships"
  >;
  sender: PushSender;
  connected: Connected;
  clock: Clock;
  log: Log;
  /** How long someone who left counts as connected. */
  graceMs: number;
  observe(outcome: PushResult["outcome"]): void;
}

const AT_ONCE = 16;
const TTL_SECONDS = 86_400;
/** Past it, a badge says no more. */
const BADGE_CAP = 99;

/** Sends to the devices of people who are away, and says what is to be tried again. */
export class PushDispatch {
  constructor(private readonly options: DispatchOptions) {}

  async showChat(chat: Chat, showings: readonly Showing[]): Promise<OutboxEntry[]> {
    const retries: OutboxEntry[] = [];
    const jobs: (() => Promise<void>)[] = [];
    for (const [showing, devices] of await this.#audience(showings, retries)) {
      jobs.push(async () => {
        const push = await this.#chatPush(chat, showing);
        if (!push) return;
        for (const device of devices) {
          const retry = await this.#send(device, push, showing);
          if (retry) retries.push(retry);
        }
      });
    }
    await forEachOf(jobs, AT_ONCE, (job) => job());
    return retries;
  }

  async showNotification(entry: OutboxEntry): Promise<OutboxEntry[]> {
    const retries: OutboxEntry[] = [];
    for (const occurrence of entry.occurrences) {
      if (occurrence.type !== "notification") continue;
      const { notificationId, userId } = occurrence;
      const found = await this.options.store.notifications.byId(notificationId);
      if (!found || found.readAt !== null) continue;
      const { data, kind } = found;
      const showing: Showing = {
        ...{ userId, kind, actorId: "", messageId: null, data, occurrence, entry },
      };
      for (const [, devices] of await this.#audience([showing], retries)) {
        const { hideContent } = await this.#settings(userId);
        const push: Push = {
          collapseKey: notificationId,
          alert: securityAlert(data.action ?? "", hideContent),
          badge: null,
          data: { type: kind, notificationId },
          ...{ urgency: "high", ttl: TTL_SECONDS },
        };
        for (const device of devices) {
          const retry = await this.#send(device, push, showing);
          if (retry) retries.push(retry);
        }
      }
    }
    return retries;
  }

  /** Those with devices who are away, and awake. Adds what has to be looked at again to `retries`. */
  async #audience(
    showings: readonly Showing[],
    retries: OutboxEntry[],
  ): Promise<[Showing, PushDevice[]][]> {
    const { store, connected, clock } = this.options;
    const userIds = showings.map(({ userId }) => userId);
    if (userIds.length === 0) return [];
    const devices = await store.pushDevices.ofUsers(userIds);
    if (devices.length === 0) return [];
    const byUser = Map.groupBy(devices, (device) => device.userId);
    const owners = [...byUser.keys()];
    const online = await connected.anywhere(owners);
    const settings = new Map(
      (await store.notifications.settingsOf(owners)).map((row) => [row.userId, row]),
    );
    const entries = new Set(showings.map(({ entry }) => entry));
    const named = new Map([...entries].map((entry) => [entry, new Set(entry.deviceIds)]));
    const audience: [Showing, PushDevice[]][] = [];
    const leaving: [Showing, PushDevice[]][] = [];
    for (const showing of showings) {
      const { userId, kind, entry } = showing;
      const own = (byUser.get(userId) ?? []).filter(({ id }) =>
        entry.deviceIds === null || named.get(entry)!.has(id)
      );
      const { off, quietHours } = settings.get(userId) ?? defaultSettings(userId);
      if (own.length === 0 || off.includes(kind) || isQuiet(quietHours, clock.now())) continue;
      if (connected.here(userId)) continue;
      if (!online.has(userId)) audience.push([showing, own]);
      else if (entry.deviceIds === null) leaving.push([showing, own]);
    }
    retries.push(...this.#lookAgain(leaving));
    return audience;
  }

  /**
   * Someone who closed the app a moment ago counts as there until the grace is over. One entry for
   * each occurrence, however many people it is about: each entry reads all members of the chat.
   */
  #lookAgain(leaving: readonly [Showing, PushDevice[]][]): OutboxEntry[] {
    const dueAt = this.options.clock.now() + this.options.graceMs + 500;
    const groups = Map.groupBy(leaving, ([{ occurrence }]) => occurrence);
    return [...groups].map(([occurrence, group]) => {
      const [{ entry }] = group[0];
      const deviceIds = group.flatMap(([, devices]) => devices.map(({ id }) => id));
      return { ...entry, id: newId(), occurrences: [occurrence], deviceIds, dueAt };
    });
  }

  /** Null when there is nothing left to show: the message was deleted meanwhile. */
  async #chatPush(chat: Chat, showing: Showing): Promise<Push | null> {
    const { kind, actorId, data, userId } = showing;
    const message = await this.#messageOf(chat, showing);
    if (showing.messageId !== null && message === null) return null;
    const actor = await this.options.store.users.byId(actorId);
    const actorName = actor?.displayName || actor?.username || "Someone";
    const { hideContent } = await this.#settings(userId);
    return {
      collapseKey: chat.id,
      alert: alertOf({ kind, chat, message, actorName, data }, hideContent),
      badge: await this.#badgeOf(userId),
      data: {
        ...{ type: kind, chatId: chat.id },
        ...(message && { messageId: message.id, seq: String(message.seq) }),
      },
      ...{ urgency: "high", ttl: TTL_SECONDS },
    };
  }

  /** A plain message that was deleted may stand for earlier ones of the chat that were not. */
  async #messageOf(chat: Chat, { messageId, kind, userId }: Showing): Promise<Message | null> {
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

  async #badgeOf(userId: string): Promise<number> {
    const { memberships, messages } = this.options.store;
    const present = (await memberships.ofUser(userId)).filter((row) => row.leftAt === null);
    const counts = await messages.unread(present, BADGE_CAP);
    return counts.reduce((sum, count) => Math.min(BADGE_CAP, sum + count), 0);
  }

  async #settings(userId: string): Promise<NotificationSettings> {
    const [row] = await this.options.store.notifications.settingsOf([userId]);
    return row ?? defaultSettings(userId);
  }

  /** Answers the entry by which it is tried again, if it is to be. */
  async #send(device: PushDevice, push: Push, showing: Showing): Promise<OutboxEntry | null> {
    const { store, sender, log, observe, clock } = this.options;
    const session = await store.sessions.byId(device.sessionId);
    if (!session || session.endedAt !== null || session.expiresAt <= clock.now()) {
      await store.pushDevices.remove(device.userId, device.id);
      return null;
    }
    const result = await sender.send(device.address, push);
    observe(result.outcome);
    if (result.outcome === "delivered") return null;
    const about = { deviceId: device.id, reason: result.reason };
    if (result.outcome === "gone") {
      log.info("A push device is gone", about);
      await store.pushDevices.remove(device.userId, device.id);
      return null;
    }
    if (result.outcome === "rejected") {
      log.warn("A push was rejected", about);
      return null;
    }
    const { entry, occurrence } = showing;
    const dueAt = retryAt(entry, clock.now(), result.afterMs);
    if (dueAt === null) {
      log.warn("A push was given up after a day", about);
      return null;
    }
    const attempts = entry.attempts + 1;
    const deviceIds = [device.id];
    return { ...entry, id: newId(), occurrences: [occurrence], deviceIds, attempts, dueAt };
  }
}
