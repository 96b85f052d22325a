import { type MetricsRegistry, seriesBy } from "../../core/metrics.ts";
import type { HookOutcome } from "./message_hook.ts";

/** Counts questions to the message hook, for `/metrics`. */
export function hookMetrics(metrics: MetricsRegistry): (outcome: HookOutcome) => void {
  const asked = metrics.counter(
    "realtimechat_message_hook_total",
    "Messages that the message hook decided on, by outcome",
    seriesBy<HookOutcome>("outcome", { allowed: 0, changed: 0, refused: 0, failed: 0, skipped: 0 }),
  );
  return (outcome) => asked.add({ outcome });
}
