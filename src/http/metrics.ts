import { timingSafeEqual } from "node:crypto";
import type { Hono } from "hono";
import { AppError } from "../core/errors.ts";
import type { MetricsRegistry } from "../core/metrics.ts";
import { bearerToken } from "./authenticate.ts";
import type { HttpEnv } from "./http_env.ts";

/**
 * Mounts `/metrics` in Prometheus' text format. If a token is configured, the request must carry
 * it.
 */
export function mountMetrics(
  app: Hono<HttpEnv>,
  metrics: MetricsRegistry,
  token: string | null,
): void {
  app.get("/metrics", (c) => {
    if (token !== null && !isSame(bearerToken(c.req.raw.headers) ?? "", token)) {
      throw new AppError("unauthenticated", "The metrics need the token of METRICS_TOKEN");
    }
    return c.text(metrics.text(), 200, { "content-type": "text/plain; version=0.0.4" });
  });
}

/** Compares in a time that reveals only the length of the token. */
function isSame(given: string, expected: string): boolean {
  const [a, b] = [given, expected].map((text) => new TextEncoder().encode(text));
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Registers memory and uptime of the process. */
export function registerProcessMetrics(metrics: MetricsRegistry): void {
  const started = performance.now();
  metrics.gauge(
    "process_resident_memory_bytes",
    "Memory that the process occupies",
    () => Deno.memoryUsage().rss,
  );
  metrics.gauge(
    "process_uptime_seconds",
    "Seconds since the process started",
    () => (performance.now() - started) / 1000,
  );
}

export interface FaultMetrics {
  acceptFailed(): void;
  rejectionUnhandled(): void;
}

/** Registers counters of faults that should never happen; an alert on either makes sense. */
export function registerFaultMetrics(metrics: MetricsRegistry): FaultMetrics {
  const accepts = metrics.counter(
    "realtimechat_accept_failures_total",
    "Times that accepting connections failed, as at the limit of open files",
    [{}],
  );
  const rejections = metrics.counter(
    "realtimechat_unhandled_rejections_total",
    "Rejected promises that nothing handled",
    [{}],
  );
  return {
    acceptFailed: () => accepts.add(),
    rejectionUnhandled: () => rejections.add(),
  };
}
