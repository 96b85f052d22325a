import { toBase64Url } from "../../core/base64url.ts";

/**
 * A `Topic` (RFC 8030, section 5.4) has at most 32 characters of the base64url alphabet, which a
 * UUID exceeds: hence 192 bits of the key's SHA-256. This also hides the chat's id from the push
 * service.
 */
export async function webPushTopic(collapseKey: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(collapseKey));
  return toBase64Url(new Uint8Array(digest, 0, 24));
}
