import type { Bytes } from "../../core/bytes.ts";
import { isId } from "../../core/ids.ts";
import { quote } from "../../core/errors.ts";
import { malformed } from "./tls_reader.ts";

/**
 * Identity of a leaf: the content of a device's BasicCredential, `<userId>/<deviceId>` in UTF-8.
 */
export interface DeviceIdentity {
  userId: string;
  deviceId: string;
}

export function parseIdentity(identity: Bytes, field: string): DeviceIdentity {
  const text = decodeUtf8(identity, field);
  const [userId, deviceId, ...rest] = text.split("/");
  if (rest.length > 0 || !isId(userId) || !isId(deviceId)) {
    throw malformed(field, `${quote(text)} is not <userId>/<deviceId>`);
  }
  return { userId, deviceId };
}

/** An MLS group of a chat. */
export interface GroupName {
  chatId: string;
  /** Number of times that the chat's group had been restarted when this group was created. */
  generation: number;
}

/**
 * Parses a group id. The id of a chat's first group is the chat's id in UTF-8. A restarted group is
 * another group with another id: `<chatId>/<generation>`, with a decimal number from 1.
 */
export function parseGroupId(groupId: Bytes, field: string): GroupName {
  const text = decodeUtf8(groupId, field);
  const [chatId, generation, ...rest] = text.split("/");
  const isNumber = generation === undefined || /^[1-9]\d{0,8}$/.test(generation);
  if (rest.length > 0 || !isNumber || !isId(chatId)) {
    throw malformed(field, `${quote(text)} is not the id of a chat's group`);
  }
  return { chatId, generation: Number(generation ?? 0) };
}

function decodeUtf8(bytes: Bytes, field: string): string {
  try {
    // A BOM is kept; otherwise two encodings would give one name.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed(field, "it is not UTF-8");
  }
}
