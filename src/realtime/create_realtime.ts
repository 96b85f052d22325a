import type { ChangeFeed } from "../chats/change_feed.ts";
import type { ChatAccess } from "../chats/chat_access.ts";
import type { Shadows } from "../chats/shadows.ts";
import type { ContactPolicy } from "../chats/contact_policy.ts";
import type { Broker } from "../cluster/broker.ts";
import type { PresenceDirectory } from "../cluster/presence_directory.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { MetricsRegistry } from "../core/metrics.ts";
import type { Tracing } from "../core/tracing.ts";
import type { Store } from "../store/store.ts";
import { deliveryMetrics } from "./delivery_metrics.ts";
import { CustomEvents } from "./custom_events.ts";
import { Hub } from "./hub.ts";
import { Presence, type PresenceOptions } from "./presence.ts";
import { PresenceAudience } from "./presence_audience.ts";
import { ProfileNews, type ProfileNewsOptions } from "./profile_news.ts";
import { Publisher } from "./publisher.ts";
import { ReceiptGatherer, type ReceiptGathererOptions } from "./receipt_gatherer.ts";
import { Typing } from "./typing.ts";

export interface RealtimeOptions {
  store: Store;
  broker: Broker;
  directory: PresenceDirectory;
  feed: ChangeFeed;
  access: ChatAccess;
  contactPolicy: ContactPolicy;
  shadows: Pick<Shadows, "has">;
  clock: Clock;
  log: Log;
  metrics: MetricsRegistry;
  tracing: Tracing;
  limits:
    & PresenceOptions["limits"]
    & ProfileNewsOptions["limits"]
    & ReceiptGathererOptions["limits"]
    & { typingTimeMs: number };
}

export type Realtime = ReturnType<typeof createRealtime>;

export function createRealtime(options: RealtimeOptions) {
  const { store, broker, directory, feed, access, contactPolicy, shadows } = options;
  const { clock, log, metrics, tracing, limits } = options;
  const hub = new Hub(store, feed, log, { figures: deliveryMetrics(metrics) });
  const publisher = new Publisher(hub, broker, tracing);
  const typing = new Typing({ access, contactPolicy, store, hub, publisher, limits });
  const presence = new Presence({
    store,
    directory,
    hub,
    publisher,
    clock,
    log,
    onHidden: (userId) => typing.hide(userId),
    limits,
  });
  hub.listen(presence);
  return {
    hub,
    publisher,
    presence,
    customEvents: new CustomEvents({
      store,
      shadows,
      access,
      contactPolicy,
      audience: new PresenceAudience(store, limits.presenceMembers),
      publisher,
    }),
    typing,
    gatherer: new ReceiptGatherer({ store, publisher, log, limits }),
    profileNews: new ProfileNews({ store, publisher, log, limits }),
  };
}
