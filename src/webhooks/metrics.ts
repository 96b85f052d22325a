import { type MetricsRegistry, seriesBy } from "../core/metrics.ts";
import type { WebhookEndpoint } from "../model/webhook.ts";
import type { WebhookResult } from "./sender.ts";

/** Seconds, from an event that is sent at once to one that is sent on its last day. */
const LAG_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86_400, 259_200];

/** Read whenever the metrics are. */
export interface WebhookState {
  endpoints(): readonly WebhookEndpoint[];
  /** Returns the deliveries that wait, of the endpoints that this instance serves. */
  pending(): { count: number; oldestMs: number };
}

/** Returns the observer of attempts. */
export function webhookMetrics(
  metrics: MetricsRegistry,
  { endpoints, pending }: WebhookState,
): (outcome: WebhookResult["outcome"], ageMs: number) => void {
  const attempts = metrics.counter(
    "realtimechat_webhooks_total",
    "Webhook attempts by outcome",
    seriesBy<WebhookResult["outcome"]>("outcome", { delivered: 0, retry: 0, gone: 0 }),
  );
  const lag = metrics.histogram(
    "realtimechat_webhook_lag_seconds",
    "From the event until an endpoint accepted it, retries included",
    LAG_BUCKETS,
  );
  const count = (status: WebhookEndpoint["status"]) =>
    endpoints().filter((endpoint) => endpoint.status === status).length;
  metrics.gauge(
    "realtimechat_webhook_endpoints_down",
    "Webhook endpoints that have failed for a minute",
    () => count("down"),
  );
  metrics.gauge(
    "realtimechat_webhook_endpoints_paused",
    "Webhook endpoints that are paused",
    () => count("paused"),
  );
  metrics.gauge(
    "realtimechat_webhook_pending",
    "Events that wait for the endpoints that this instance serves, counted every 30 s",
    () => pending().count,
  );
  metrics.gauge(
    "realtimechat_webhook_pending_age_seconds",
    "Age of the oldest event that the last attempts left undelivered",
    () => pending().oldestMs / 1000,
  );
  return (outcome, ageMs) => {
    attempts.add({ outcome });
    if (outcome === "delivered") lag.observe(Math.max(0, ageMs) / 1000);
  };
}
