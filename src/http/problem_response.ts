import { AppError, quote } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { logServerError } from "../core/server_error_log.ts";
import { toProblem } from "../core/problem.ts";
import { allowedMethods, type Route } from "./allowed_methods.ts";
import type { HttpContext, HttpTrace } from "./http_env.ts";
import { WEB_SOCKET_VERSION } from "./web_socket_version.ts";

/** Returns an error as RFC 9457 problem details, with the headers that its status requires. */
export function problemResponse(error: unknown, extra: HeadersInit = {}): Response {
  const problem = toProblem(error);
  const headers = new Headers(extra);
  headers.set("content-type", "application/problem+json");
  if (problem.retryAfter !== undefined) headers.set("retry-after", String(problem.retryAfter));
  if (problem.status === 401 && !headers.has("www-authenticate")) {
    headers.set("www-authenticate", challenge());
  }
  // RFC 6455, section 4.4, and RFC 9110, section 15.5.22.
  if (problem.code === "upgrade_required") {
    headers.set("connection", "upgrade");
    headers.set("upgrade", "websocket");
    headers.set("sec-websocket-version", WEB_SOCKET_VERSION);
  }
  // RFC 9110, section 15.5.16: says that the content coding was the fault.
  if (problem.code === "unsupported_media_type") headers.set("accept-encoding", "identity");
  // The connection closes, because the rest of a body that came too slowly is not worth waiting
  // for.
  if (problem.code === "request_timeout") headers.set("connection", "close");
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}

/**
 * Returns the value of `WWW-Authenticate` (RFC 6750, section 3): the reason a token was refused, or
 * no reason if there was no token.
 */
function challenge(error?: string, description?: string): string {
  const parts = ['Bearer realm="realtimechat"'];
  if (error !== undefined) parts.push(`error="${error}"`);
  if (description !== undefined) parts.push(`error_description="${description}"`);
  return parts.join(", ");
}

/**
 * Returns the challenge for a token that was given but is not sufficient; empty for every other
 * error.
 */
function challengeOf({ code }: AppError, trace: HttpTrace): HeadersInit {
  if (code === "token_expired" && trace.tokenRefused) {
    return { "www-authenticate": challenge("invalid_token", "The token has expired") };
  }
  if (trace.tokenRefused) return { "www-authenticate": challenge("invalid_token") };
  const lacksScope = code === "forbidden" &&
    (trace.access === "admin" || trace.keyId !== undefined);
  return lacksScope ? { "www-authenticate": challenge("insufficient_scope") } : {};
}

/** Returns Hono's `onError` handler, for everything that a route or a middleware threw. */
export function errorHandler(log: Log): (error: unknown, c: HttpContext) => Response {
  return (error, c) => {
    const trace = c.get("trace");
    const context = {
      requestId: c.get("visitor")?.requestId,
      method: c.req.method,
      path: c.req.path,
    };
    if (!(error instanceof AppError)) {
      log.error("Request failed unexpectedly", { ...context, error });
    } // The dispatcher has already logged an error of an operation.
    else if (trace?.operation === undefined) logServerError(log, error, context);
    if (trace) trace.errorCode = error instanceof AppError ? error.code : "internal";
    return problemResponse(error, error instanceof AppError ? challengeOf(error, trace) : {});
  };
}

/**
 * Returns Hono's `notFound` handler. It distinguishes an unknown path (404) from a known path
 * without the request's method (405). A route that has the method was called and found nothing
 * there.
 */
export function unknownRoute(c: HttpContext, routes: () => Route[]) {
  const allowed = allowedMethods(routes(), c.req.path);
  const trace = c.get("trace");
  const { method, path } = c.req;
  const hasNothing = method !== "OPTIONS" && allowed.includes(method);
  if (allowed.length === 0 || hasNothing) {
    if (trace) trace.errorCode = "not_found";
    return problemResponse(new AppError("not_found", `There is nothing at ${quote(path)}`));
  }
  const allow = allowed.join(", ");
  if (method === "OPTIONS") return new Response(null, { status: 204, headers: { allow } });
  if (trace) trace.errorCode = "method_not_allowed";
  return problemResponse(
    new AppError("method_not_allowed", `${method} is not a method of ${quote(path)}, but ${allow}`),
    { allow },
  );
}
