/**
 * CORS for fetch-style handlers (WHATWG Fetch, section 3.2), with the option names of npm `cors`.
 */
export interface CorsOptions {
  /**
   * Origins that may read responses: `"*"` or `true` for every origin, origins by name, by pattern,
   * or by a function. With `credentials`, `"*"` is replaced by the request's origin, as browsers
   * require.
   */
  origin: "*" | boolean | string | RegExp | (string | RegExp)[] | ((origin: string) => boolean);
  methods?: string[];
  /** Request headers that a preflight may ask for; by default any. */
  allowedHeaders?: string[];
  exposedHeaders?: string[];
  credentials?: boolean;
  /** Seconds for which a browser may cache a preflight's response. */
  maxAge?: number;
}

/**
 * True for a preflight: an OPTIONS request that names the method to come. Any other OPTIONS is a
 * plain request.
 */
export function isPreflight(request: Request): boolean {
  return request.method === "OPTIONS" && request.headers.has("access-control-request-method");
}

/** Returns the response to a preflight: 204, without CORS headers if the origin is not allowed. */
export function answerPreflight(request: Request, options: CorsOptions): Response {
  const headers = corsHeaders(request, options);
  if (headers.has("access-control-allow-origin")) {
    const methods = options.methods ?? ["GET", "POST"];
    const asked = request.headers.get("access-control-request-headers");
    const allowed = options.allowedHeaders?.join(", ") ?? asked;
    headers.set("access-control-allow-methods", methods.join(", "));
    if (allowed) headers.set("access-control-allow-headers", allowed);
    if (!options.allowedHeaders) headers.append("vary", "Access-Control-Request-Headers");
    if (options.maxAge !== undefined) headers.set("access-control-max-age", `${options.maxAge}`);
  }
  return new Response(null, { status: 204, headers });
}

/** Returns the headers that let the page of `request` read its response. */
export function corsHeaders(request: Request, options: CorsOptions): Headers {
  const headers = new Headers();
  const anyone = options.origin === "*" || options.origin === true;
  if (!anyone || options.credentials) headers.set("vary", "Origin");
  const origin = request.headers.get("origin");
  if (origin === null || !isAllowed(origin, options.origin)) return headers;
  const named = !anyone || options.credentials;
  headers.set("access-control-allow-origin", named ? origin : "*");
  if (options.credentials) headers.set("access-control-allow-credentials", "true");
  if (options.exposedHeaders?.length) {
    headers.set("access-control-expose-headers", options.exposedHeaders.join(", "));
  }
  return headers;
}

function isAllowed(origin: string, allowed: CorsOptions["origin"]): boolean {
  if (typeof allowed === "boolean") return allowed;
  if (typeof allowed === "function") return allowed(origin);
  if (Array.isArray(allowed)) return allowed.some((one) => isAllowed(origin, one));
  if (typeof allowed === "string") return allowed === "*" || allowed === origin;
  // A new expression each time: one with the flag `g` keeps the position of its last match.
  return new RegExp(allowed.source, allowed.flags.replace(/[gy]/g, "")).test(origin);
}
