import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { Config } from "../config.ts";
import type { Log } from "../core/log.ts";
import { NO_TRACING, type Tracing } from "../core/tracing.ts";
import { userAgentOf } from "../model/caller.ts";
import { fixedMethods, type Route } from "./allowed_methods.ts";
import { addressReader, peerOf } from "./client_address.ts";
import { compressed, isCompressible } from "./compression.ts";
import { isPreflight, preflightResponse, setCorsHeaders } from "./cors.ts";
import type { HttpContext, HttpEnv } from "./http_env.ts";
import { errorHandler, unknownRoute } from "./problem_response.ts";
import { setRateLimitHeaders } from "./rate_limit_headers.ts";
import { requestIdOf } from "./request_id.ts";
import { LargeAnswers } from "./large_answers.ts";
import { logRequest } from "./request_log.ts";
import { setSecurityHeaders } from "./security_headers.ts";

export type MiddlewareConfig = Pick<Config, "corsOrigins" | "trustedProxy" | "publicUrl">;

const SWITCHING_PROTOCOLS = 101;

/**
 * Surrounds every request: identifies the visitor, sets the headers of every response, and logs one
 * line. It is one middleware, because each additional one costs every request a promise and a
 * closure.
 */
export function middleware(
  config: MiddlewareConfig,
  log: Log,
  tracing: Tracing = NO_TRACING,
  routes: () => Route[] = () => [],
): MiddlewareHandler<HttpEnv> {
  let fixed: Map<string, Set<string>> | undefined;
  const addressOf = addressReader(config.trustedProxy);
  const https = config.publicUrl?.startsWith("https:") ?? false;
  const onError = errorHandler(log);
  const large = new LargeAnswers();
  return async (c, next) => {
    const started = performance.now();
    const request = c.req.raw;
    const requestId = requestIdOf(request.headers);
    // Read here, because the headers are gone once the request has been upgraded to a WebSocket.
    const origin = request.headers.get("origin");
    c.set("trace", {});
    c.set("visitor", {
      transport: "rest",
      address: addressOf(request.headers, peerOf(c.env)),
      userAgent: userAgentOf(request.headers.get("user-agent")),
      requestId,
    });
    const methods = (fixed ??= fixedMethods(routes())).get(c.req.path);
    if (isPreflight(request)) c.res = preflightResponse(request);
    else if (methods && request.method !== "OPTIONS" && !methods.has(request.method)) {
      c.res = unknownRoute(c, routes);
    } else {
      try {
        await next();
      } catch (thrown) {
        // Hono passes only instances of Error to its handler.
        c.res = onError(thrown, c);
      }
    }
    if (request.method !== "HEAD" && isCompressible(c.req.path, c.res)) {
      const response = await packed(c, large).catch((error) => onError(error, c));
      // Otherwise Hono would merge the headers of the previous response into the new one.
      c.res = undefined;
      c.res = response;
    }
    // An upgraded connection has no response to add headers to; up to Deno 2.5 its headers are
    // immutable.
    if (c.res.status !== SWITCHING_PROTOCOLS) {
      const headers = labelled(c, requestId);
      if (request.method === "HEAD") await setLengthOfHead(headers, c.res);
      setSecurityHeaders(headers, https);
      setCorsHeaders(headers, origin, config.corsOrigins);
      setRateLimitHeaders(headers, c.get("trace"), c.res.status);
    }
    if (tracing.isOn) nameByRoute(tracing, c);
    logRequest(log, c, performance.now() - started);
  };
}

/**
 * Returns the response, compressed if the client accepts that. A large one to a person is held
 * until they read it; a server with an API key is trusted to read what it requests.
 */
async function packed(c: HttpContext, large: LargeAnswers): Promise<Response> {
  const response = await compressed(c.req.raw, c.res);
  const { userId, keyId } = c.get("trace");
  if (userId === undefined || keyId !== undefined) return response;
  return await large.hold(userId, response);
}

/**
 * Names the trace after the route. Paths hold ids and come from outside; a path without a route
 * gives no name.
 */
function nameByRoute(tracing: Tracing, c: HttpContext): void {
  const route = routePath(c, -1);
  if (route !== "" && !route.endsWith("*")) tracing.nameRequest(c.req.method, route);
}

/**
 * Sets the Content-Length that GET would have sent (RFC 9110, section 8.6): Deno sees a response
 * without a body and would send 0. The body is counted while it streams and is not kept.
 */
async function setLengthOfHead(headers: Headers, { body }: Response): Promise<void> {
  if (body === null || headers.has("content-length")) return;
  let length = 0;
  for await (const chunk of body) length += chunk.byteLength;
  headers.set("content-length", String(length));
}

/**
 * Sets the request id. The headers of a response that came from `fetch` are immutable, so such a
 * response is copied.
 */
function labelled(c: { res: Response }, requestId: string): Headers {
  try {
    c.res.headers.set("x-request-id", requestId);
  } catch {
    const { status, statusText, headers, body } = c.res;
    c.res = new Response(body, { status, statusText, headers });
    c.res.headers.set("x-request-id", requestId);
  }
  return c.res.headers;
}
