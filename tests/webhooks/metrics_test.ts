import assert from "node:assert/strict";
import { MetricsRegistry } from "../../src/core/metrics.ts";
import type { WebhookEndpoint } from "../../src/model/webhook.ts";
import { webhookMetrics } from "../../src/webhooks/metrics.ts";
import { valueOf } from "../support/metrics_text.ts";

Deno.test("the metrics of webhooks count endpoints by status, what waits, attempts and delays", () => {
  const metrics = new MetricsRegistry();
  const statuses = ["active", "down", "down", "paused", "paused", "paused"];
  const endpoints = statuses.map((status) => ({ status }) as WebhookEndpoint);
  const observe = webhookMetrics(metrics, {
    endpoints: () => endpoints,
    pending: () => ({ count: 7, oldestMs: 12_000 }),
  });
  observe("delivered", 400);
  observe("delivered", -5);
  observe("retry", 900_000);
  const text = metrics.text();
  const values = Object.fromEntries(
    [
      "endpoints_down",
      "endpoints_paused",
      "pending",
      "pending_age_seconds",
    ].map((name) => [name, valueOf(text, `realtimechat_webhook_${name}`)]),
  );
  assert.deepEqual(values, {
    endpoints_down: 2,
    endpoints_paused: 3,
    pending: 7,
    pending_age_seconds: 12,
  });
  const attempts = (outcome: string) =>
    valueOf(text, `realtimechat_webhooks_total{outcome="${outcome}"}`);
  assert.deepEqual([attempts("delivered"), attempts("retry")], [2, 1]);
  const lag = (part: string) => valueOf(text, `realtimechat_webhook_lag_seconds_${part}`);
  assert.deepEqual([lag("count"), lag("sum")], [2, 0.4], "of deliveries, and never negative");
});
