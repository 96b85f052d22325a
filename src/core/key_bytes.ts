import { fromBase64Url } from "./base64url.ts";
import type { Bytes } from "./bytes.ts";

/**
 * Returns the `length` bytes of a key, or null if the text is no such key. Browsers and tools write
 * keys in base64url or in base64, with or without padding.
 */
export function keyBytes(text: string, length: number): Bytes | null {
  const unpadded = text.trim().replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_");
  try {
    const bytes = fromBase64Url(unpadded);
    return bytes.length === length ? bytes : null;
  } catch {
    return null;
  }
}
