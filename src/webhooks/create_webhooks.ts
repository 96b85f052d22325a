import type { AuditTrail } from "../audit/audit_trail.ts";
import type { SecretBox } from "../auth/secret_box.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { MetricsRegistry } from "../core/metrics.ts";
import type { Store } from "../store/store.ts";
import { WebhookEndpoints } from "./endpoints.ts";
import { WebhookHealth } from "./health.ts";
import { webhookMetrics } from "./metrics.ts";
import { WebhookPayloads } from "./payloads.ts";
import { WebhookSecrets } from "./secrets.ts";
import { WebhookSender } from "./sender.ts";
import type { WebhookSubscriptions } from "./subscriptions.ts";
import { WebhookWorker } from "./worker.ts";

export interface WebhooksOptions {
  store: Store;
  subscriptions: WebhookSubscriptions;
  audit: AuditTrail;
  box: SecretBox;
  clock: Clock;
  log: Log;
  metrics: MetricsRegistry;
  limits: { webhooks: number; webhookBacklog: number; webhookLog: number };
  /** Origins of WEBHOOK_ALLOW_PRIVATE. */
  allowedOrigins: readonly string[];
  /** Tells the other instances to read the endpoints again. */
  announce(): void;
}

export interface WebhookServices {
  endpoints: WebhookEndpoints;
  subscriptions: WebhookSubscriptions;
  worker: WebhookWorker;
  sender: WebhookSender;
}

/** Creates the services of this feature and connects them. */
export function createWebhooks(options: WebhooksOptions): WebhookServices {
  const { store, subscriptions, audit, clock, log, limits, allowedOrigins, announce } = options;
  const secrets = new WebhookSecrets(options.box);
  const sender = new WebhookSender({ clock, allowedOrigins });
  const onChanged = async () => {
    await subscriptions.refresh();
    announce();
  };
  store.webhookDeliveries.planner = (events) => subscriptions.plan(events);
  const worker = new WebhookWorker({
    store,
    subscriptions,
    payloads: new WebhookPayloads(store),
    sender,
    health: new WebhookHealth({ store, audit, clock, log, onChanged }),
    keysOf: (endpoint) => secrets.keysOf(endpoint, clock.now()),
    observe: webhookMetrics(options.metrics, () => subscriptions.all()),
    clock,
    log,
    limits,
  });
  const endpoints = new WebhookEndpoints({
    store,
    secrets,
    sender,
    audit,
    clock,
    limits,
    allowedOrigins,
    onChanged,
    onDue: (id) => worker.wake(id),
  });
  return { endpoints, subscriptions, worker, sender };
}
