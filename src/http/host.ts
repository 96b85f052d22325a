import { AppError, quote } from "../core/errors.ts";
import { urlHost } from "../core/url_host.ts";
import { problemResponse } from "./problem_response.ts";
import { setSecurityHeaders } from "./security_headers.ts";

/**
 * A name, an IPv4 address or an IPv6 address in brackets, with an optional port (RFC 9110, section
 * 7.2).
 */
const HOST = /^(?:[a-z0-9._-]{1,255}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** Paths that orchestrators and load balancers request, also with HTTP/1.0 and without a Host. */
const PROBES = ["/healthz", "/readyz"];

/**
 * Returns the error response if the Host of a request is not a valid host, otherwise null. Deno
 * builds the request's URL by writing the header before the path, so `Host: a/metrics?x=` would
 * choose the resource that is served. This check therefore runs before any code reads the URL.
 *
 * HTTP/2 has no Host: its authority is in the URL. HTTP/1.1 without Host gets `localhost` or the
 * listening address (`listensOn`) in its place, and is refused.
 */
export function hostRefusal(request: Request, listensOn: string): Response | null {
  const given = request.headers.get("host");
  if (given === null ? isInUrl(request.url, listensOn) : isHost(given)) return null;
  const reason = given === null ? "there is none" : `it is ${quote(given)}`;
  const response = problemResponse(
    new AppError("invalid_request", `Host must be a host and perhaps a port: ${reason}`),
    { connection: "close" },
  );
  setSecurityHeaders(response.headers, false);
  return response;
}

/**
 * True if the text is a host. Text may match the pattern and still be invalid: the port 99999, the
 * address 1.2.3.4.5.
 */
function isHost(text: string): boolean {
  return HOST.test(text) && URL.canParse(`http://${text}/`);
}

/** True if a request without a Host header carries its authority in the URL. */
function isInUrl(url: string, listensOn: string): boolean {
  const { hostname, pathname } = new URL(url);
  return PROBES.includes(pathname) || (hostname !== "localhost" && hostname !== urlHost(listensOn));
}
