import type { Bytes } from "../../core/bytes.ts";
import { readHpkeCiphertext } from "./hpke_key.ts";
import { HASH_LENGTH } from "./labelled_crypto.ts";
import { CIPHER_SUITE } from "./leaf_node.ts";
import { malformed, readWhole, type TlsReader } from "./tls_reader.ts";
import { readMessageHeader, WIRE_FORMAT } from "./wire_format.ts";

/** RFC 9420, section 12.4.3.1. Even the id of its group is encrypted. */
export interface Welcome {
  /** The KeyPackageRef of each recipient, in order. */
  newMembers: Bytes[];
}

export function parseWelcome(bytes: Bytes): Welcome {
  return readWhole(bytes, "welcome", (reader) => {
    readMessageHeader(reader, WIRE_FORMAT.welcome);
    const suite = reader.uint16("welcome.cipher_suite");
    if (suite !== CIPHER_SUITE) throw malformed("welcome.cipher_suite", `${suite} is not 1`);
    const newMembers = reader.vector("welcome.secrets", readNewMember);
    reader.opaque("welcome.encrypted_group_info");
    if (newMembers.length === 0) throw malformed("welcome.secrets", "it has no recipients");
    return { newMembers };
  });
}

function readNewMember(reader: TlsReader): Bytes {
  const ref = reader.opaque("encrypted_group_secrets.new_member");
  readHpkeCiphertext(reader);
  if (ref.length === HASH_LENGTH) return ref;
  throw malformed("encrypted_group_secrets.new_member", `it has ${ref.length} bytes, not 32`);
}
