import { withDeadline } from "../core/deadline.ts";
import { delay } from "../core/delay.ts";
import type { Hono } from "hono";
import type { Log } from "../core/log.ts";
import type { HttpEnv } from "./http_env.ts";

/**
 * Milliseconds: an instance that was probed within them is probed by something that routes to it.
 */
const PROBED_WITHIN_MS = 30_000;
/** Whole seconds, for `Retry-After` of an instance that should get no requests. */
const RETRY_AFTER_S = "5";

export interface HealthCheck {
  /** Name of the check, visible to every client. */
  name: string;
  /** Rejects if the dependency fails; the reason is logged and not shown. */
  check(): Promise<void>;
  /**
   * `ready`: the instance is useless without this dependency and should get no requests (503).
   * `degraded`: the instance still serves, with less.
   */
  kind: "ready" | "degraded";
}

export interface HealthReport {
  status: "ready" | "degraded" | "unavailable" | "draining";
  checks: Record<string, "ok" | "failing">;
}

export interface HealthOptions {
  checkTimeMs?: number;
  /** How long a report is cached, in milliseconds: probes may come from several sources at once. */
  keepMs?: number;
  /** Milliseconds in which every prober has probed once: proxies do so each second. */
  noticeMs?: number;
}

/** Runs the checks and reports their results to the probes of an orchestrator. */
export class Health {
  readonly #checks: HealthCheck[];
  readonly #log: Log;
  readonly #checkTimeMs: number;
  readonly #keepMs: number;
  readonly #noticeMs: number;
  #probedAt = -Infinity;
  #draining = false;
  #report: Promise<HealthReport> | null = null;
  /** `performance.now()` until which the last report is reused; a report under way always is. */
  #reusedUntil = 0;

  constructor(checks: HealthCheck[], log: Log, options: HealthOptions = {}) {
    this.#checks = checks;
    this.#log = log;
    this.#checkTimeMs = options.checkTimeMs ?? 2000;
    this.#keepMs = options.keepMs ?? 500;
    this.#noticeMs = options.noticeMs ?? 1_500;
  }

  /**
   * Reports `draining` from now on, so that the load balancer sends no more requests to this
   * instance.
   */
  drain(): void {
    this.#draining = true;
  }

  /**
   * Resolves once what routes to this instance has had the time to notice that it drains. A closing
   * port resets the connections that wait to be accepted, and a proxy cannot repeat their requests.
   */
  async noticed(): Promise<void> {
    const isProbed = performance.now() - this.#probedAt < PROBED_WITHIN_MS;
    if (isProbed) await delay(this.#noticeMs);
  }

  async report(): Promise<HealthReport> {
    this.#probedAt = performance.now();
    if (this.#report === null || performance.now() >= this.#reusedUntil) {
      this.#reusedUntil = Infinity;
      this.#report = this.#freshReport();
    }
    const report = await this.#report;
    return this.#draining ? { ...report, status: "draining" } : report;
  }

  async #freshReport(): Promise<HealthReport> {
    const results = await Promise.all(this.#checks.map((check) => this.#passes(check)));
    this.#reusedUntil = performance.now() + this.#keepMs;
    const failing = this.#checks.filter((_, i) => !results[i]);
    const status = failing.length === 0
      ? "ready"
      : failing.some(({ kind }) => kind === "ready")
      ? "unavailable"
      : "degraded";
    const checks = this.#checks.map(({ name }, i) => [name, results[i] ? "ok" : "failing"]);
    return { status, checks: Object.fromEntries(checks) };
  }

  async #passes({ name, check }: HealthCheck): Promise<boolean> {
    try {
      await withDeadline(check(), this.#checkTimeMs);
      return true;
    } catch (error) {
      this.#log.warn("Health check failed", { check: name, error });
      return false;
    }
  }
}

/**
 * Mounts the probes. `/healthz`: the process is alive, with its release. `/readyz`: the instance
 * should get requests; 200 also when degraded.
 */
export function mountHealth(app: Hono<HttpEnv>, health: Health, version: string): void {
  // Pages of any origin may read this, so that they can distinguish a wrong origin from a lost
  // network.
  const anyOrigin = { "cross-origin-resource-policy": "cross-origin" };
  app.get("/healthz", (c) => c.json({ status: "ok", version }, 200, anyOrigin));
  app.get("/readyz", async (c) => {
    const report = await health.report();
    const serves = report.status === "ready" || report.status === "degraded";
    return serves ? c.json(report) : c.json(report, 503, { "retry-after": RETRY_AFTER_S });
  });
}
