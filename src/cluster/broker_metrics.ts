import type { MetricsRegistry } from "../core/metrics.ts";

/** `write` and `read` are batches of signals, `instances` is the table of instances. */
export type BrokerCall = "write" | "read" | "instances";

/** Called when a call to the service that carries the signals has ended, successfully or not. */
export type OnBrokerCall = (call: BrokerCall, durationMs: number) => void;

export function brokerObserver(metrics: MetricsRegistry): OnBrokerCall {
  const seconds = metrics.histogram(
    "realtimechat_broker_duration_seconds",
    "Duration of the broker's calls to Deno KV or MongoDB",
  );
  return (call, durationMs) => seconds.observe(durationMs / 1000, { call });
}
