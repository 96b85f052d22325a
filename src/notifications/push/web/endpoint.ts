import { AppError, quote } from "../../../core/errors.ts";
import { isPublicName } from "../../../core/public_name.ts";

const MAX_ENDPOINT_LENGTH = 2048;

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

function refused(endpoint: string): AppError {
  const message = `A push endpoint must be an https URL with a public host name, not ${
    quote(endpoint)
  }`;
  return new AppError("invalid_request", message, { errors: [{ path: "endpoint", message }] });
}
