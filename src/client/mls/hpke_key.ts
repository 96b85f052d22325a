import type { UpdatePath } from "ts-mls";
import { x25519Fault } from "../../core/x25519.ts";

/** Throws for a key that cannot yield a shared secret. */
export function checkHpkeKey(key: Uint8Array, name: string): void {
  const fault = x25519Fault(key);
  if (fault !== null) throw new Error(`${name}: ${fault}`);
}

/** Checks all keys of a path, and the KEM outputs of its secrets. */
export function checkPathKeys({ leafNode, nodes }: UpdatePath): void {
  checkHpkeKey(leafNode.hpkePublicKey, "the encryption key of its path's leaf");
  for (const { hpkePublicKey, encryptedPathSecret } of nodes) {
    checkHpkeKey(hpkePublicKey, "a key of its path");
    for (const { kemOutput } of encryptedPathSecret) checkHpkeKey(kemOutput, "a KEM output");
  }
}
