import { makeKeyPackageRef } from "ts-mls/keyPackage.js";
import { cipherSuite } from "../../src/client/mls/suite.ts";
import { decodeKeyPackage, encodeWire } from "../../src/client/mls/wire.ts";

/** Returns a Welcome that a server accepts for these key packages, and that no device can open. */
export async function forgeWelcome(keyPackages: string[]): Promise<string> {
  const suite = await cipherSuite();
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const secrets = [];
  for (const keyPackage of keyPackages) {
    secrets.push({
      newMember: await makeKeyPackageRef(decodeKeyPackage(keyPackage), suite.hash),
      encryptedGroupSecrets: { kemOutput: random(32), ciphertext: random(80) },
    });
  }
  const welcome = { cipherSuite: suite.name, secrets, encryptedGroupInfo: random(500) };
  return encodeWire({ wireformat: "mls_welcome", welcome });
}
