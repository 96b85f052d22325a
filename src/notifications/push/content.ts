import { quote } from "../../core/errors.ts";
import { lazy } from "../../core/lazy.ts";
import { MAX_COLLAPSE_KEY_BYTES, MAX_DATA_BYTES, MAX_TTL_SECONDS, type Push } from "./sender.ts";

const MAX_TITLE_BYTES = 200;
const MAX_BODY_BYTES = 1000;

const encoder = new TextEncoder();
const graphemes = lazy(() => new Intl.Segmenter(undefined, { granularity: "grapheme" }));

/**
 * Adapts a push to the limits of all push services: texts of the alert become single short lines,
 * and the time to live is brought within bounds. Returns a string, the reason to reject it, for a
 * push that cannot be adapted.
 */
export function fitPush(push: Push): Push | string {
  const dataBytes = byteLength(Object.entries(push.data).flat().join(""));
  if (dataBytes > MAX_DATA_BYTES) {
    return `The push has ${dataBytes} bytes of data, more than the ${MAX_DATA_BYTES} allowed`;
  }
  if (push.collapseKey !== null && byteLength(push.collapseKey) > MAX_COLLAPSE_KEY_BYTES) {
    return `The collapse key ${
      quote(push.collapseKey)
    } is longer than ${MAX_COLLAPSE_KEY_BYTES} bytes`;
  }
  return {
    ...push,
    alert: push.alert && {
      title: shorten(push.alert.title, MAX_TITLE_BYTES),
      body: shorten(push.alert.body, MAX_BODY_BYTES),
    },
    badge: push.badge === null ? null : Math.max(0, Math.floor(push.badge)),
    ttl: Math.min(Math.max(0, Math.floor(push.ttl)), MAX_TTL_SECONDS),
  };
}

/**
 * Cuts between graphemes, so that no emoji or accented letter is split; the limit counts UTF-8
 * bytes.
 */
function shorten(text: string, maxBytes: number): string {
  // A control character takes six bytes in JSON, and no notification displays it.
  const line = text.toWellFormed().replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
  if (byteLength(line) <= maxBytes) return line;
  let kept = "";
  let left = maxBytes - byteLength("…");
  for (const { segment } of graphemes().segment(line)) {
    left -= byteLength(segment);
    if (left < 0) break;
    kept += segment;
  }
  return `${kept}…`;
}

export function byteLength(text: string): number {
  return encoder.encode(text).length;
}
