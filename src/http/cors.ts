import type { Config } from "../config.ts";

type Origins = Config["corsOrigins"];

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";

/** Response headers that scripts of other origins may read. */
const EXPOSED = [
  "X-Request-Id",
  "Retry-After",
  "RateLimit",
  "RateLimit-Policy",
  "ETag",
  "Location",
  "Content-Range",
  "Content-Disposition",
  "WWW-Authenticate",
  "Tus-Resumable",
  "Tus-Version",
  "Tus-Extension",
  "Tus-Max-Size",
  "Upload-Offset",
  "Upload-Length",
  "Upload-Expires",
  "Upload-Metadata",
  "Upload-Concat",
  "Tus-Checksum-Algorithm",
].join(", ");

const HEADER_NAMES = /^[\w!#$%&'*+.^`|~-]+(\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/;

/**
 * Sets the CORS headers. Credentials stay off: tokens travel in the Authorization header, and no
 * cookie is used.
 */
export function setCorsHeaders(headers: Headers, origin: string | null, allowed: Origins): void {
  if (allowed !== "*") headers.append("vary", "Origin");
  if (origin === null) return;
  if (allowed !== "*" && !allowed.includes(origin)) return;
  headers.set("access-control-allow-origin", allowed === "*" ? "*" : origin);
  headers.set("access-control-expose-headers", EXPOSED);
}

export function isPreflight(request: Request): boolean {
  return request.method === "OPTIONS" && request.headers.has("origin") &&
    request.headers.has("access-control-request-method");
}

/**
 * Returns the methods and headers that are allowed at all; `setCorsHeaders`, which also runs on
 * this response, sets the allowed origin.
 */
export function preflightResponse(request: Request): Response {
  const asked = request.headers.get("access-control-request-headers") ?? "";
  const headers = new Headers({
    "access-control-allow-methods": METHODS,
    "access-control-max-age": "7200",
    "vary": "Access-Control-Request-Headers",
  });
  if (HEADER_NAMES.test(asked)) headers.set("access-control-allow-headers", asked);
  return new Response(null, { status: 204, headers });
}

/**
 * True if a page of this origin may open a socket. CORS does not cover WebSockets, so the socket
 * transports check the origin themselves. A request without an Origin header does not come from a
 * browser, and a check of the origin could not stop it anyway.
 */
export function isOriginAllowed(
  request: Request,
  config: Pick<Config, "corsOrigins" | "publicUrl">,
): boolean {
  const origin = request.headers.get("origin");
  if (origin === null || config.corsOrigins === "*") return true;
  if (config.corsOrigins.includes(origin)) return true;
  if (!URL.canParse(origin)) return false;
  // Without a public URL the scheme that clients use is unknown: a proxy may add TLS.
  if (config.publicUrl !== null) return origin === new URL(config.publicUrl).origin;
  return new URL(origin).host === (request.headers.get("host") ?? new URL(request.url).host);
}
