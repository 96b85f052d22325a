import type { PushTarget } from "./sender.ts";

/** The push services of browser vendors, by the end of their host names. */
const VENDORS = [
  "fcm.googleapis.com",
  "push.services.mozilla.com",
  "push.apple.com",
  "notify.windows.com",
];

/** Where a push goes, for what is shared by all pushes that go there. */
export interface PushDestination {
  /** A lane's name: a service of the operator's or a vendor's, or else the origin. */
  key: string;
  /** Whether the host was named by a user, and by nobody whom the operator trusts. */
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
