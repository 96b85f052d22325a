import type { Adapters } from "./adapters.ts";
import type { Config } from "./config.ts";
import type { Clock } from "./core/clock.ts";
import type { Log } from "./core/log.ts";
import type { MetricsRegistry } from "./core/metrics.ts";
import type { Tracing } from "./core/tracing.ts";

/** Everything that services are built from. */
export interface AppContext {
  config: Config;
  adapters: Adapters;
  clock: Clock;
  log: Log;
  metrics: MetricsRegistry;
  /** Number of instances in this process, which share its memory. */
  instances: number;
  tracing: Tracing;
}
