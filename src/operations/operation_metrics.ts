import type { MetricsRegistry } from "../core/metrics.ts";
import type { Outcome } from "./dispatcher.ts";

/**
 * Counts requests by operation, transport and outcome, and measures their duration; for
 * `Dispatcher`'s `observe`.
 */
export function operationObserver(metrics: MetricsRegistry): (outcome: Outcome) => void {
  const requests = metrics.counter(
    "realtimechat_operations_total",
    "Operations by name, transport and outcome",
    [],
  );
  const seconds = metrics.histogram(
    "realtimechat_operation_duration_seconds",
    "How long operations took",
  );
  return ({ operation, transport, code, durationMs }) => {
    requests.add({ operation, transport, code });
    seconds.observe(durationMs / 1000, { operation });
  };
}
