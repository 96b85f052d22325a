import type { Clock } from "../core/clock.ts";
import { newId } from "../core/ids.ts";
import type { Log } from "../core/log.ts";
import type { ContactRequest } from "../model/contact.ts";
import type { Notification } from "../model/notification.ts";
import type { OutboxEntry } from "../model/outbox_entry.ts";
import type { Store } from "../store/store.ts";
import type { Notifications } from "./notifications.ts";

/**
 * Initial claim in milliseconds: for this long only the instance that wrote the entry may deliver
 * it.
 */
const CLAIM_MS = 10_000;

export interface RequestNoticesOptions {
  store: Pick<Store, "notifications" | "outbox">;
  notifications: Notifications;
  clock: Clock;
  log: Log;
  /** Called with an entry that this instance wrote. */
  onOutbox(entry: OutboxEntry): void;
}

/** Notifies users, in the app and by a push, of requests that wait for their consent. */
export class RequestNotices {
  constructor(private readonly options: RequestNoticesOptions) {}

  /** Never throws: the request is in the user's list in any case. */
  async notify(request: ContactRequest): Promise<void> {
    const { store, log } = this.options;
    const { userId, id: requestId } = request;
    try {
      const [settings] = await store.notifications.settingsOf([userId]);
      if (!settings?.off.includes("contact_request")) await this.#add(request);
    } catch (error) {
      log.warn("Contact request notification failed", { userId, requestId, error });
    }
  }

  async #add({ id: requestId, userId, fromId, kind, createdAt }: ContactRequest): Promise<void> {
    const { store, notifications, clock, onOutbox } = this.options;
    const notification: Notification = {
      id: newId(),
      userId,
      key: `request:${requestId}`,
      kind: "contact_request",
      // The user is not a member, so the notification does not belong to the chat.
      chatId: null,
      messageId: null,
      actorId: fromId,
      data: { requestId, kind },
      createdAt,
      readAt: null,
    };
    await notifications.add([notification]);
    const now = clock.now();
    const entry: OutboxEntry = {
      id: newId(),
      chatId: null,
      occurrences: [{ type: "notification", notificationId: notification.id, userId }],
      deviceIds: null,
      attempts: 0,
      createdAt: now,
      dueAt: now + CLAIM_MS,
    };
    await store.outbox.add(entry);
    onOutbox(entry);
  }
}
