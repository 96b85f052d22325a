import type { ClientState, GroupContext, PreSharedKeyID, RatchetTree } from "ts-mls";
import { createGroupInfoWithRatchetTree } from "ts-mls/createCommit.js";
import { createConfirmationTag } from "ts-mls/framedContent.js";
import { extractWelcomeSecret } from "ts-mls/groupInfo.js";
import { makeKeyPackageRef } from "ts-mls/keyPackage.js";
import { deriveKeySchedule } from "ts-mls/keySchedule.js";
import { addLeafNode } from "ts-mls/ratchetTree.js";
import { treeHashRoot } from "ts-mls/treeHash.js";
import { encryptGroupInfo, encryptGroupSecrets } from "ts-mls/welcome.js";
import { cipherSuite } from "../../src/client/mls/suite.ts";
import { decodeKeyPackage, encodeWire } from "../../src/client/mls/wire.ts";
import type { Forger } from "./forged_commit.ts";

/** Deliberate faults of a member who invites a device: everything around them is correct. */
export interface InvitationForgery {
  /** The confirmation tag of the GroupInfo, which is signed and encrypted with it. */
  tag?: Uint8Array;
  psks?: PreSharedKeyID[];
  /** Leaves the invited device out of the tree. */
  withoutDevice?: boolean;
  context?: (context: GroupContext) => Partial<GroupContext>;
}

/** Returns a Welcome that the device of the key package can open, with the forgery inside. */
export async function forgeInvitation(
  forger: Forger,
  keyPackage: string,
  forgery: InvitationForgery = {},
): Promise<string> {
  const suite = await cipherSuite();
  const invited = decodeKeyPackage(keyPackage);
  const tree = forgery.withoutDevice ? forger.tree : addLeafNode(forger.tree, invited.leafNode)[0];
  const context = await contextAfter(forger.context, tree);
  const changed = { ...context, ...forgery.context?.(context) };
  const joinerSecret = crypto.getRandomValues(new Uint8Array(suite.kdf.size));
  const noPsk = new Uint8Array(suite.kdf.size);
  const [{ confirmationKey }] = await deriveKeySchedule(joinerSecret, noPsk, changed, suite.kdf);
  const { confirmedTranscriptHash } = changed;
  const tag = await createConfirmationTag(confirmationKey, confirmedTranscriptHash, suite.hash);
  const { leafIndex, signKey } = forger;
  const signer = { privatePath: { leafIndex }, signaturePrivateKey: signKey } as ClientState;
  const info = await createGroupInfoWithRatchetTree(
    changed,
    forgery.tag ?? tag,
    signer,
    tree,
    [],
    suite,
  );
  const welcomeSecret = await extractWelcomeSecret(joinerSecret, noPsk, suite.kdf);
  const encryptedGroupInfo = await encryptGroupInfo(info, welcomeSecret, suite);
  const secrets = { joinerSecret, pathSecret: undefined, psks: forgery.psks ?? [] };
  const initKey = await suite.hpke.importPublicKey(invited.initKey);
  const { enc, ct } = await encryptGroupSecrets(initKey, encryptedGroupInfo, secrets, suite.hpke);
  const newMember = await makeKeyPackageRef(invited, suite.hash);
  const recipient = { newMember, encryptedGroupSecrets: { kemOutput: enc, ciphertext: ct } };
  const welcome = { cipherSuite: suite.name, secrets: [recipient], encryptedGroupInfo };
  return encodeWire({ wireformat: "mls_welcome", welcome });
}

async function contextAfter(context: GroupContext, tree: RatchetTree): Promise<GroupContext> {
  const { hash } = await cipherSuite();
  return { ...context, epoch: context.epoch + 1n, treeHash: await treeHashRoot(tree, hash) };
}
