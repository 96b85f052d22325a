import { AppError, quote } from "../core/errors.ts";

/** The only version that exists (RFC 6455); Deno itself does not check it. */
export const WEB_SOCKET_VERSION = "13";

/** Throws `upgrade_required`, whose response names the supported version. */
export function requireWebSocketVersion(headers: Headers): void {
  const version = headers.get("sec-websocket-version") ?? "";
  if (version === WEB_SOCKET_VERSION) return;
  throw new AppError(
    "upgrade_required",
    `Cannot open the socket: Sec-WebSocket-Version must be ${WEB_SOCKET_VERSION}, not ${
      quote(version)
    }`,
  );
}

export function isWebSocketUpgrade(headers: Headers): boolean {
  return headers.get("upgrade")?.toLowerCase() === "websocket";
}
