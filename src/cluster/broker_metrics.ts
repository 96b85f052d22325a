import type { MetricsRegistry } from "../core/metrics.ts";

/** `write` and `read` are batches of signals, `instances` is the table of those that are alive. */
export type BrokerCall = "write" | "read" | "instances";

/** Called when a call of what carries the signals has ended, well or not. */
export type OnBrokerCall = (call: BrokerCall, durationMs: number) => void;

export function brokerObserver(metrics: MetricsRegistry): OnBrokerCall {
  const seconds = metrics.histogram(
    "realtimechat_broker_duration_seconds",
    "Time until a call of Deno KV or MongoDB by which instances reach each other ended",
  );
  return (call, durationMs) => seconds.observe(durationMs / 1000, { call });
}
