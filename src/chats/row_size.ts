import type { Handshake } from "../model/handshake.ts";
import type { Membership } from "../model/membership.ts";
import type { Message } from "../model/message.ts";

/** Field names, ids and times of a row as JSON, in bytes. */
const FIXED_BYTES = 500;
/** An id with its quotes and comma, in bytes. */
const ID_BYTES = 40;
/** A file of a message, with its links, in bytes. */
const FILE_BYTES = 600;

const encoder = new TextEncoder();

/**
 * Approximate size of a row in a response, in bytes of JSON. Characters that JSON escapes count
 * once.
 */
export function rowBytes(row: Message | Membership | Handshake): number {
  if ("message" in row) return FIXED_BYTES + row.message.length;
  if (!("custom" in row)) return FIXED_BYTES;
  const fixed = FIXED_BYTES + (row.custom ? JSON.stringify(row.custom).length : 0);
  if (!("text" in row)) return fixed;
  const reactions = row.reactions.reduce(
    (sum, { userIds }) => sum + ID_BYTES * (1 + userIds.length),
    0,
  );
  return fixed + utf8Bytes(row.text) + (row.ciphertext?.length ?? 0) + reactions +
    FILE_BYTES * row.media.length + ID_BYTES * row.mentions.length;
}

function utf8Bytes(text: string): number {
  return encoder.encode(text).length;
}
