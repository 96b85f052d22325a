import {
  decodeMlsMessage,
  encodeMlsMessage,
  type GroupInfo,
  type KeyPackage,
  type MlsPrivateMessage,
  type MlsPublicMessage,
  type Welcome,
} from "ts-mls";
import { concat } from "../../core/bytes.ts";
import { fromBase64Url, toBase64Url } from "./encoding.ts";
import { MlsClientError, type MlsClientErrorCode } from "./mls_client_error.ts";

/** Everything on the wire is an MLSMessage of RFC 9420, section 6, in base64url. */
type Content = Parameters<typeof encodeMlsMessage>[0];
type Unversioned = Content extends infer Each ? Each extends unknown ? Omit<Each, "version"> : never
  : never;

export function encodeWire(content: Unversioned): string {
  return toBase64Url(encodeMlsMessage({ version: "mls10", ...content } as Content));
}

export function decodeFramed(text: string): MlsPrivateMessage | MlsPublicMessage {
  const message = decode(text, "bad_message");
  const { wireformat } = message;
  if (wireformat === "mls_private_message" || wireformat === "mls_public_message") return message;
  throw new MlsClientError("bad_message", `Read a message: it is ${wireformat}`);
}

export function decodeWelcome(text: string): Welcome {
  const message = decode(text, "bad_welcome");
  if (message.wireformat === "mls_welcome") return message.welcome;
  throw new MlsClientError("bad_welcome", `Read a Welcome: it is ${message.wireformat}`);
}

export function decodeGroupInfo(text: string): GroupInfo {
  const message = decode(text, "bad_group_info");
  if (message.wireformat === "mls_group_info") return message.groupInfo;
  throw new MlsClientError("bad_group_info", `Read a GroupInfo: it is ${message.wireformat}`);
}

/**
 * Also accepts a bare KeyPackage: its version is followed by the cipher suite, not by wire format
 * 5.
 */
export function decodeKeyPackage(text: string): KeyPackage {
  const message = decode(text, "bad_key_package", (bytes) => {
    const wrapped = bytes[2] === 0 && bytes[3] === 5;
    return wrapped ? bytes : concat(Uint8Array.of(0, 1, 0, 5), bytes);
  });
  if (message.wireformat === "mls_key_package") return message.keyPackage;
  throw new MlsClientError("bad_key_package", `Read a key package: it is ${message.wireformat}`);
}

function decode(
  text: string,
  code: MlsClientErrorCode,
  prepare = (bytes: Uint8Array) => bytes,
): Content {
  try {
    const bytes = prepare(fromBase64Url(text));
    const decoded = decodeMlsMessage(bytes, 0);
    if (decoded !== undefined && decoded[1] === bytes.length) return decoded[0];
  } catch (error) {
    throw new MlsClientError(code, `Read an MLSMessage: ${(error as Error).message}`, error);
  }
  throw new MlsClientError(code, "Read an MLSMessage: it is not well-formed");
}
