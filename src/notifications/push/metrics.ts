import { type MetricsRegistry, seriesBy } from "../../core/metrics.ts";
import type { PushResult } from "./sender.ts";

/** Counts pushes and their delay, for `/metrics`. */
export interface PushMetrics {
  /** Called after each attempt, `ageMs` milliseconds after the commit that caused the push. */
  sent(outcome: PushResult["outcome"], ageMs: number): void;
  /** Called with the milliseconds for which the oldest entry has been due; 0 if none is. */
  waited(ms: number): void;
}

/** Seconds, from a push that is sent at once to one that is given up after a day. */
const LAG_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 86_400];

export function pushMetrics(metrics: MetricsRegistry): PushMetrics {
  const pushes = metrics.counter(
    "realtimechat_pushes_total",
    "Pushes by outcome",
    seriesBy<PushResult["outcome"]>("outcome", { delivered: 0, gone: 0, retry: 0, rejected: 0 }),
  );
  const lag = metrics.histogram(
    "realtimechat_push_lag_seconds",
    "From the commit until a push service accepted the push, retries and quiet hours included",
    LAG_BUCKETS,
  );
  let waitedMs = 0;
  metrics.gauge(
    "realtimechat_outbox_lag_seconds",
    "Time for which the oldest entry of the outbox was due at the last poll, or was not read",
    () => waitedMs / 1000,
  );
  return {
    sent(outcome, ageMs) {
      pushes.add({ outcome });
      if (outcome === "delivered") lag.observe(Math.max(0, ageMs) / 1000);
    },
    waited: (ms) => waitedMs = ms,
  };
}
