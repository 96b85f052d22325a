/**
 * Whether a page may open a socket. Browsers do not hold WebSockets to CORS, so that any page could
 * open one (cross-site WebSocket hijacking); they always send Origin, and other clients need not.
 */
export function isOriginAllowed(request: Request, allowed: "*" | readonly string[]): boolean {
  const origin = request.headers.get("origin");
  if (origin === null || allowed === "*" || allowed.includes(origin)) return true;
  return origin.replace(/^https?:\/\//, "") === request.headers.get("host");
}
