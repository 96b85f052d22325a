import type { MetricsRegistry } from "../../core/metrics.ts";
import type { HookOutcome } from "./message_hook.ts";

/** Counts questions to the message hook, for `/metrics`. */
export function hookMetrics(metrics: MetricsRegistry): (outcome: HookOutcome) => void {
  const asked = metrics.counter(
    "realtimechat_message_hook_total",
    "Messages that the message hook decided on, by outcome",
  );
  return (outcome) => asked.add({ outcome });
}
