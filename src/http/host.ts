import { AppError, quote } from "../core/errors.ts";
import { problemResponse } from "./problem_response.ts";
import { setSecurityHeaders } from "./security_headers.ts";

/** A name, an IPv4 address or an IPv6 address in brackets, and a port or none (RFC 9110, section 7.2). */
const HOST = /^(?:[a-z0-9._-]{1,255}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** What orchestrators and balancers ask, with HTTP/1.0 and without a Host too. */
const PROBES = ["/healthz", "/readyz"];

/**
 * The answer to a request whose Host is no host, null where it is one. Deno makes the request's URL by
 * writing the header before the path, so that `Host: a/metrics?x=` would choose what is answered: this is
 * asked before anything looks at the URL.
 *
 * HTTP/2 has no Host, and its authority is in the URL; HTTP/1.1 without Host gets `localhost` or the address
 * listened to in its place, and is refused. `listensOn` is that address.
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

/** A number may look right and be none: the port 99999, the address 1.2.3.4.5. */
function isHost(text: string): boolean {
  return HOST.test(text) && URL.canParse(`http://${text}/`);
}

/** Whether a request without Host may do without. */
function isInUrl(url: string, listensOn: string): boolean {
  const { hostname, pathname } = new URL(url);
  return PROBES.includes(pathname) || (hostname !== "localhost" && hostname !== listensOn);
}
