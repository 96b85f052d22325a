import { fieldError, quote } from "../core/errors.ts";
import { isPublicName } from "../core/public_name.ts";
import { requirePublicHost, type Resolve } from "../core/public_lookup.ts";

/**
 * Throws `invalid_request` unless events may be sent to `text`: an https URL whose host has a public name and
 * public addresses only, or a URL of one of `allowedOrigins`.
 */
export async function requireEndpointUrl(
  text: string,
  allowedOrigins: readonly string[],
  resolve?: Resolve,
): Promise<void> {
  const url = URL.parse(text);
  const isUsable = url !== null && ["http:", "https:"].includes(url.protocol) &&
    url.username === "" && url.password === "" && url.hash === "";
  if (!isUsable) throw refused(text, "it must be an https URL without credentials or fragment");
  if (allowedOrigins.includes(url.origin)) return;
  if (url.protocol !== "https:") throw refused(text, "it must be an https URL");
  if (!isPublicName(url.hostname)) throw refused(text, "its host must have a public name");
  await requirePublicHost({ url, name: "webhook endpoint", path: "url" }, resolve);
}

function refused(text: string, reason: string) {
  return fieldError("invalid_request", "url", `Cannot send webhooks to ${quote(text)}: ${reason}`);
}
