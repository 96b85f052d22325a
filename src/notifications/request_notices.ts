import type { Rate } from "../api/rate_limits.ts";
import type { RateLimiter } from "../cluster/rate_limiter.ts";
import { newId } from "../core/ids.ts";
import type { Log } from "../core/log.ts";
import type { ContactRequest } from "../model/contact.ts";
import type { Store } from "../store/store.ts";
import type { Notifications } from "./notifications.ts";

/**
 * A request that is withdrawn by mistake may be made again; one a minute may not ring each time.
 */
const PER_CHAT: Rate = { count: 2, periodMs: 24 * 3_600_000 };
/** Requests for different chats: a group is made as quickly as a request. */
const PER_SENDER: Rate = { count: 10, periodMs: 3_600_000 };

export interface RequestNoticesOptions {
  store: Pick<Store, "notifications">;
  notifications: Pick<Notifications, "addWithPush">;
  limiter: RateLimiter;
  log: Log;
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
      if (settings?.off.includes("contact_request") || !await this.#isWithinLimit(request)) return;
      await this.#add(request);
    } catch (error) {
      log.warn("Contact request notification failed", { userId, requestId, error });
    }
  }

  /** Otherwise withdrawing and repeating a request would notify as often as the sender likes. */
  async #isWithinLimit({ userId, fromId, chatId }: ContactRequest): Promise<boolean> {
    const { limiter } = this.options;
    const bucket = `request_notices:${fromId}:${userId}`;
    const { allowed } = await limiter.consume(`${bucket}:${chatId}`, PER_CHAT);
    return allowed && (await limiter.consume(bucket, PER_SENDER)).allowed;
  }

  async #add({ id: requestId, userId, fromId, kind, createdAt }: ContactRequest): Promise<void> {
    await this.options.notifications.addWithPush({
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
    });
  }
}
