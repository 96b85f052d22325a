import type { Bytes } from "../../core/bytes.ts";
import { isId } from "../../core/ids.ts";
import { quote } from "../../core/errors.ts";
import { malformed } from "./tls_reader.ts";

/** Who a leaf is: what a device's BasicCredential says, `<userId>/<deviceId>` in UTF-8. */
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

/** The group id of a chat is the chat's id in UTF-8. */
export function parseGroupId(groupId: Bytes, field: string): string {
  const text = decodeUtf8(groupId, field);
  if (!isId(text)) throw malformed(field, `${quote(text)} is not the id of a chat`);
  return text;
}

function decodeUtf8(bytes: Bytes, field: string): string {
  try {
    // A BOM is kept, or two encodings would be one name.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed(field, "it is not UTF-8");
  }
}
