import { MLS10 } from "./leaf_node.ts";
import { malformed, type TlsReader } from "./tls_reader.ts";

/** RFC 9420, section 6 and section 17.2. */
export const WIRE_FORMAT = {
  publicMessage: 1,
  privateMessage: 2,
  welcome: 3,
  groupInfo: 4,
  keyPackage: 5,
} as const;

const NAMES: Record<number, string> = {
  1: "mls_public_message",
  2: "mls_private_message",
  3: "mls_welcome",
  4: "mls_group_info",
  5: "mls_key_package",
};

/**
 * Reads the two fields at the start of every MLSMessage; refuses wire formats that are not in
 * `wanted`.
 */
export function readMessageHeader(reader: TlsReader, ...wanted: number[]): number {
  const version = reader.uint16("message.version");
  if (version !== MLS10) throw malformed("message.version", `${version} is not mls10 (1)`);
  const format = reader.uint16("message.wire_format");
  if (wanted.includes(format)) return format;
  const names = wanted.map((each) => NAMES[each]).join(" or ");
  throw malformed("message.wire_format", `${NAMES[format] ?? format} is not ${names}`);
}
