import type { PushTarget } from "./sender.ts";

/** Push services of browser vendors, by the end of their host names. */
const VENDORS = [
  "fcm.googleapis.com",
  "push.services.mozilla.com",
  "push.apple.com",
  "notify.windows.com",
];

/** Destination of a push; pushes to one destination share a lane. */
export interface PushDestination {
  /** Name of the lane: a service trusted by the operator or run by a vendor, or else the origin. */
  key: string;
  /** True if a user chose the host, and neither the operator nor a vendor vouches for it. */
  isUserChosen: boolean;
}

/** `allowedOrigins` are those of WEB_PUSH_ORIGINS. */
export function destinationOf(
  target: PushTarget,
  allowedOrigins: readonly string[],
): PushDestination {
  if (target.kind === "fcm") return { key: "fcm", isUserChosen: false };
  const url = URL.parse(target.endpoint);
  if (url === null) return { key: "malformed", isUserChosen: true };
  const vendor = VENDORS.find((name) => url.hostname === name || url.hostname.endsWith(`.${name}`));
  if (vendor !== undefined && url.protocol === "https:") {
    return { key: vendor, isUserChosen: false };
  }
  return { key: url.origin, isUserChosen: !allowedOrigins.includes(url.origin) };
}
