import type { Bytes } from "../../core/bytes.ts";
import { x25519Fault } from "../../core/x25519.ts";
import { malformed, type TlsReader } from "./tls_reader.ts";

/**
 * Throws `invalid_request` for a key that cannot yield a shared secret (RFC 9180, section 7.1.4).
 */
export function checkHpkeKey(key: Bytes, field: string): void {
  const fault = x25519Fault(key);
  if (fault !== null) throw malformed(field, fault);
}

/**
 * RFC 9420, section 7.6. Only the recipient can read the content; the KEM output can be checked
 * without a secret.
 */
export function readHpkeCiphertext(reader: TlsReader): void {
  const kemOutput = reader.opaque("hpke_ciphertext.kem_output");
  reader.opaque("hpke_ciphertext.ciphertext");
  checkHpkeKey(kemOutput, "hpke_ciphertext.kem_output");
}
