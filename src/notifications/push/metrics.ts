import type { MetricsRegistry } from "../../core/metrics.ts";
import type { PushResult } from "./sender.ts";

/** Counts pushes and how late they are, for `/metrics`. */
export interface PushMetrics {
  /** An attempt ended, `ageMs` after the commit that caused the push. */
  sent(outcome: PushResult["outcome"], ageMs: number): void;
  /** The entry that has waited longest is due for this long; 0 where none is due. */
  waited(ms: number): void;
}

/** Seconds, from a push that goes at once to one that is given up after a day. */
const LAG_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 86_400];

export function pushMetrics(metrics: MetricsRegistry): PushMetrics {
  const pushes = metrics.counter("realtimechat_pushes_total", "Pushes by what became of them");
  const lag = metrics.histogram(
    "realtimechat_push_lag_seconds",
    "From the commit until a push service accepted the push, retries and quiet hours included",
    LAG_BUCKETS,
  );
  let waitedMs = 0;
  metrics.gauge(
    "realtimechat_outbox_lag_seconds",
    "For how long the oldest entry of the outbox was due at the last poll",
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
