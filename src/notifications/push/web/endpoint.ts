import { AppError, quote } from "../../../core/errors.ts";

const MAX_ENDPOINT_LENGTH = 2048;

/**
 * Names that never lead out of a private network (RFC 6761, RFC 6762, RFC 8375, and common ones).
 */
const PRIVATE_SUFFIXES = new Set([
  "localhost",
  "local",
  "internal",
  "intranet",
  "private",
  "corp",
  "home",
  "lan",
  "arpa",
  "test",
  "example",
  "invalid",
  "onion",
]);

/**
 * Validates the endpoint of a push subscription. A client supplies it and the server will call it,
 * so it must not give access to the server's private network: it must use HTTPS on the default port
 * and a public host name, and have neither an IP address nor credentials. The addresses of the name
 * are checked when the endpoint is registered and again at every send; see public_lookup.ts.
 *
 * `allowedOrigins` are exempt (for example `http://127.0.0.1:8080`, for the operator's own push
 * service). Throws `AppError("invalid_request")`.
 */
export function parseWebPushEndpoint(
  endpoint: string,
  allowedOrigins: readonly string[] = [],
): URL {
  const url = endpoint.length <= MAX_ENDPOINT_LENGTH ? URL.parse(endpoint) : null;
  if (!url || url.username || url.password) throw refused(endpoint);
  if (allowedOrigins.includes(url.origin)) return url;
  if (url.protocol !== "https:" || url.port !== "" || !isPublicName(url.hostname)) {
    throw refused(endpoint);
  }
  return url;
}

/**
 * URL parsing has already normalized every spelling of an IPv4 address (octal, hex) to four decimal
 * numbers.
 */
function isPublicName(hostname: string): boolean {
  const labels = hostname.replace(/\.$/, "").split(".");
  const last = labels.at(-1)!;
  return labels.length >= 2 && /^[a-z]/.test(last) && !PRIVATE_SUFFIXES.has(last);
}

function refused(endpoint: string): AppError {
  const message = `A push endpoint must be an https URL with a public host name, not ${
    quote(endpoint)
  }`;
  return new AppError("invalid_request", message, { errors: [{ path: "endpoint", message }] });
}
