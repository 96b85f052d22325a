import type { Credential, RatchetTree } from "ts-mls";
import { type Member, readCredential } from "./suite.ts";

/** Returns the members of the tree, by leaf. */
export function rosterOf(tree: RatchetTree): Member[] {
  return tree.flatMap((node, index) => {
    if (node?.nodeType !== "leaf") return [];
    return [{
      leafIndex: index / 2,
      ...identityOf(node.leaf.credential),
      signatureKey: node.leaf.signaturePublicKey,
    }];
  });
}

/** Only for credentials that were accepted, and so are well-formed. */
export function identityOf(credential: Credential): { userId: string; deviceId: string } {
  const identity = readCredential(credential);
  if (identity === undefined) throw new Error("a credential is not <userId>/<deviceId>");
  return identity;
}

/** Returns the devices in `a` that are not in `b`. */
export function without(a: Member[], b: Member[]): Member[] {
  const there = new Set(b.map(({ deviceId }) => deviceId));
  return a.filter(({ deviceId }) => !there.has(deviceId));
}

/** Returns the users with a device in `a` and none in `b`. */
export function usersWithout(a: Member[], b: Member[]): string[] {
  const there = new Set(b.map(({ userId }) => userId));
  return [...new Set(a.map(({ userId }) => userId))].filter((userId) => !there.has(userId));
}
