import type { AuditTrail } from "../audit/audit_trail.ts";
import type { SecretBox } from "../auth/secret_box.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { MetricsRegistry } from "../core/metrics.ts";
import type { Store } from "../store/store.ts";
import { WebhookEndpoints } from "./endpoints.ts";
import { WebhookHealth } from "./health.ts";
import { webhookMetrics } from "./metrics.ts";
import type { WebhookResult } from "./sender.ts";
import { WebhookPayloads } from "./payloads.ts";
import { WebhookSecrets } from "./secrets.ts";
import { MessageHook } from "./screening/message_hook.ts";
import { hookMetrics } from "./screening/metrics.ts";
import { type ConfiguredHook, RuleBook } from "./screening/rule_book.ts";
import { Screening } from "./screening/screening.ts";
import { WebhookSender } from "./sender.ts";
import { SignedPost } from "./signed_post.ts";
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
  /** Called after each attempt to deliver an event. */
  onAttempt(outcome: WebhookResult["outcome"]): void;
  limits: {
    webhooks: number;
    webhookBacklog: number;
    webhookLog: number;
    textLength: number;
    messageHookMs: number;
  };
  /** The hook of the environment; null for the administrators'. */
  messageHook: ConfiguredHook | null;
  /** Origins of WEBHOOK_ALLOW_PRIVATE. */
  allowedOrigins: readonly string[];
  /** Tells the other instances to read the endpoints again. */
  announce(): void;
}

export interface WebhookServices {
  endpoints: WebhookEndpoints;
  subscriptions: WebhookSubscriptions;
  worker: WebhookWorker;
  post: SignedPost;
  rules: RuleBook;
  screen: Screening;
  /** Reads the endpoints and the rules again. */
  refresh(): Promise<void>;
}

/** Creates the services of this feature and connects them. */
export function createWebhooks(options: WebhooksOptions): WebhookServices {
  const { store, subscriptions, audit, clock, log, limits, allowedOrigins, announce } = options;
  const secrets = new WebhookSecrets(options.box);
  const { messageHook } = options;
  const trusted = messageHook === null ? [] : [new URL(messageHook.url).origin];
  const post = new SignedPost({ clock, allowedOrigins: [...allowedOrigins, ...trusted] });
  const sender = new WebhookSender(post, clock);
  const onChanged = async () => {
    await subscriptions.refresh();
    announce();
  };
  store.webhookDeliveries.planner = (events) => subscriptions.plan(events);
  const rules = new RuleBook({ ...options, configured: messageHook });
  const refresh = async () => {
    await Promise.all([subscriptions.refresh(), rules.refresh()]);
  };
  const observeAttempt = webhookMetrics(options.metrics, {
    endpoints: () => subscriptions.all(),
    pending: () => worker.pending(),
  });
  const worker: WebhookWorker = new WebhookWorker({
    store,
    refresh,
    subscriptions,
    payloads: new WebhookPayloads(store),
    sender,
    health: new WebhookHealth({ store, audit, clock, log, onChanged }),
    keysOf: (endpoint) => secrets.keysOf(endpoint, clock.now()),
    observe: (outcome, ageMs) => {
      observeAttempt(outcome, ageMs);
      options.onAttempt(outcome);
    },
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
  const observe = hookMetrics(options.metrics);
  const hook = new MessageHook({ post, clock, log, limits, observe });
  const screen = new Screening({ store, rules: () => rules.rules, hook, clock, log });
  return { endpoints, subscriptions, worker, post, rules, screen, refresh };
}
