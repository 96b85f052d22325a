import type { ConfigFault } from "./fault.ts";
import { LIMIT_SPECS, type LimitKey, type Limits, limitVariable } from "../api/limits.ts";

/** Limits on the size of a whole request. */
type Container = "frameBytes" | "bodyBytes";

/** Limits on parts of a request. */
type Content = "syncChats" | "textLength" | "ciphertextBytes" | "mentions" | "mediaPerMessage";

/** Bytes of a UTF-16 unit in its longest JSON form: \u0061. A code point has at most two units. */
const ESCAPED = 6;
const BYTES_OF_CODE_POINT = 2 * ESCAPED;
/** Base64url has four characters for three bytes. */
const BYTES_OF_CIPHERTEXT_BYTE = 4 / 3 * ESCAPED;
/** Bytes of an id in an array, with quotes and a comma. */
const BYTES_OF_ID = 36 + 3;
/** Bytes of a chat and its revision among the cursors: `"<id>":9007199254740991,`. */
const BYTES_OF_CURSOR = 36 + 3 + 17;
/** Bytes allowed for the access token of a hello; the server's own tokens have about 350. */
const BYTES_OF_TOKEN = 1024;
/**
 * Bytes for names of fields, other ids, a clientId of 64 escaped characters, and what a transport
 * adds.
 */
const BYTES_OF_REST = 800;

/**
 * Returns the size in bytes of the largest hello or sync, and of the largest message, that the
 * limits allow.
 */
export function largestRequests(limits: Pick<Limits, Content>): Record<"sync" | "message", number> {
  const { syncChats, textLength, ciphertextBytes, mentions, mediaPerMessage } = limits;
  const lists = (mentions + mediaPerMessage) * BYTES_OF_ID;
  const text = textLength * BYTES_OF_CODE_POINT;
  const ciphertext = Math.ceil(ciphertextBytes * BYTES_OF_CIPHERTEXT_BYTE);
  return {
    sync: BYTES_OF_REST + BYTES_OF_TOKEN + syncChats * BYTES_OF_CURSOR,
    message: BYTES_OF_REST + lists + Math.max(text, ciphertext),
  };
}

/**
 * Returns the largest content that fits, whatever the other limits are: the lists of a message take
 * a part of it.
 */
const FITTING: Record<Content, (bytes: number) => number> = {
  syncChats: (bytes) => (bytes - BYTES_OF_REST - BYTES_OF_TOKEN) / BYTES_OF_CURSOR,
  mentions: (bytes) => bytes / 8 / BYTES_OF_ID,
  mediaPerMessage: (bytes) => bytes / 8 / BYTES_OF_ID,
  textLength: (bytes) => (bytes * 3 / 4 - BYTES_OF_REST) / BYTES_OF_CODE_POINT,
  ciphertextBytes: (bytes) => (bytes * 3 / 4 - BYTES_OF_REST) / BYTES_OF_CIPHERTEXT_BYTE,
};

/**
 * Makes the limits consistent: content that one limit allows must fit into a frame and into a body.
 * Limits that are not configured are adapted to those that are (a frame grows, otherwise its
 * content shrinks), with a notice; configured limits that contradict each other are faults.
 */
export function fitLimits(
  given: Limits,
  isConfigured: (key: LimitKey) => boolean,
  faults: ConfigFault[],
  notices: string[],
): Limits {
  const limits: Record<LimitKey, number> = { ...given };
  for (const container of ["frameBytes", "bodyBytes"] as const) {
    const { sync, message } = largestRequests(limits);
    const needed = Math.max(sync, message);
    if (limits[container] >= needed) continue;
    if (isConfigured(container)) shrinkContent(limits, container, isConfigured, faults, notices);
    else {
      notices.push(
        `${limitVariable(container)} is raised to ${needed}: the other limits need it`,
      );
      limits[container] = needed;
    }
  }
  return limits;
}

function shrinkContent(
  limits: Record<LimitKey, number>,
  container: Container,
  isConfigured: (key: LimitKey) => boolean,
  faults: ConfigFault[],
  notices: string[],
): void {
  const bytes = limits[container];
  const holder = `${limitVariable(container)} (${bytes})`;
  for (const [key, fitting] of Object.entries(FITTING) as [Content, typeof FITTING[Content]][]) {
    const max = Math.max(LIMIT_SPECS[key].min === 0 ? 0 : 1, Math.floor(fitting(bytes)));
    if (limits[key] <= max) continue;
    const variable = limitVariable(key);
    if (isConfigured(key)) {
      const given = String(limits[key]);
      faults.push({ variable, given, accepted: `at most ${max}, to fit into ${holder}` });
    } else {
      notices.push(`${variable} is lowered to ${max}, to fit into ${holder}`);
      limits[key] = max;
    }
  }
}
