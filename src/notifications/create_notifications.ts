import type { Unread } from "../chats/unread.ts";
import type { RateLimiter } from "../cluster/rate_limiter.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { OutboxEntry } from "../model/outbox_entry.ts";
import type { Publisher } from "../realtime/publisher.ts";
import type { Store } from "../store/store.ts";
import { RecipientResolver } from "./recipient_resolver.ts";
import { Notifications } from "./notifications.ts";
import { PushDevices } from "./push/devices.ts";
import type { Connected } from "./push/audience.ts";
import { PushDispatch } from "./push/dispatch.ts";
import type { PushMetrics } from "./push/metrics.ts";
import type { PushSender } from "./push/sender.ts";
import { PushWorker } from "./push/worker.ts";
import { RequestNotices } from "./request_notices.ts";
import { Withdrawals } from "./withdrawals.ts";

export interface NotificationOptions {
  store: Store;
  publisher: Pick<Publisher, "toUsers">;
  sender: PushSender;
  unread: Pick<Unread, "badge">;
  connected: Connected;
  limiter: RateLimiter;
  clock: Clock;
  log: Log;
  limits: { pushDevices: number; presenceGraceMs: number; notifications: number };
  /** Null if Web Push is not configured. */
  vapidKey: string | null;
  webPushOrigins: readonly string[];
  figures: PushMetrics;
}

export interface NotificationServices {
  notifications: Notifications;
  withdrawals: Withdrawals;
  devices: PushDevices;
  requests: RequestNotices;
  worker: PushWorker;
  vapidKey: string | null;
}

/** Creates the services of this feature and connects them. */
export function createNotifications(options: NotificationOptions): NotificationServices {
  const { store, publisher, sender, connected, clock, log, limits, figures } = options;
  const onOutbox = (entry: OutboxEntry) => worker.take(entry);
  const withdrawals = new Withdrawals({ store, publisher, clock, log, onOutbox });
  const notifications = new Notifications({
    store,
    publisher,
    withdrawals,
    clock,
    log,
    onOutbox,
    limits,
  });
  const worker: PushWorker = new PushWorker({
    store,
    resolver: new RecipientResolver(store, notifications, clock),
    dispatch: new PushDispatch({
      store,
      sender,
      unread: options.unread,
      connected,
      clock,
      log,
      graceMs: limits.presenceGraceMs,
      webPushOrigins: options.webPushOrigins,
      observe: (outcome, ageMs) => figures.sent(outcome, ageMs),
      onShown: (rows) => withdrawals.shown(rows),
    }),
    withdrawals,
    clock,
    log,
    onWaited: (ms) => figures.waited(ms),
  });
  const devices = new PushDevices({
    store,
    clock,
    limits,
    allowedOrigins: options.webPushOrigins,
  });
  const { limiter } = options;
  const requests = new RequestNotices({ store, notifications, limiter, log });
  return { notifications, withdrawals, devices, requests, worker, vapidKey: options.vapidKey };
}
