import type { Log } from "../core/log.ts";
import type { HttpContext } from "./http_env.ts";

/** Probes and polls are very frequent and carry no information while they succeed. */
const QUIET = ["/healthz", "/readyz", "/metrics", "/socket.io/"];

/**
 * Logs one line for each request. The query is left out, because links carry tokens there, and so
 * are all headers except the user agent.
 */
export function logRequest(log: Log, c: HttpContext, durationMs: number): void {
  const { visitor, trace } = { visitor: c.get("visitor"), trace: c.get("trace") };
  const { status } = c.res;
  const path = c.req.path;
  const line = status < 400 && QUIET.some((prefix) => path.startsWith(prefix)) ? "debug" : "info";
  log[line]("request", {
    method: c.req.method,
    path: path.length > 256 ? `${path.slice(0, 256)}…` : path,
    status,
    ms: Math.round(durationMs * 100) / 100,
    requestId: visitor.requestId,
    address: visitor.address,
    userId: trace.userId,
    keyId: trace.keyId,
    operation: trace.operation,
    code: trace.errorCode,
    userAgent: visitor.userAgent || undefined,
  });
}
