import type { Log } from "../core/log.ts";
import type { MetricsRegistry } from "../core/metrics.ts";

/** Milliseconds: with more, tokens, signatures and wide rate limits suffer. */
const MAX_SKEW_MS = 5_000;

/** Shows how far this host's clock is from the database's, and warns of a large difference. */
export function clockWatch(
  metrics: MetricsRegistry,
  log: Pick<Log, "warn">,
): (behindMs: number) => void {
  let seconds = 0;
  metrics.gauge(
    "realtimechat_clock_skew_seconds",
    "Seconds by which this host's clock is ahead of MongoDB's; negative if it is behind",
    () => seconds,
  );
  return (behindMs) => {
    seconds = -behindMs / 1000;
    if (Math.abs(behindMs) <= MAX_SKEW_MS) return;
    const direction = behindMs > 0 ? "behind" : "ahead of";
    log.warn(`The clock of this host is ${direction} the database's: set both by NTP`, {
      seconds: Math.abs(seconds),
    });
  };
}
