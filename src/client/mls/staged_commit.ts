import { type ClientState, createCommit, type Proposal } from "ts-mls";
import { createGroupInfoWithRatchetTree } from "ts-mls/createCommit.js";
import { concat } from "../../core/bytes.ts";
import { type NewDevice, usableDevices } from "./key_package_check.ts";
import { guarded, MlsClientError } from "./mls_client_error.ts";
import { rosterOf, usersWithout } from "./roster.ts";
import { cipherSuite, type Member } from "./suite.ts";
import { decodeKeyPackage, encodeWire } from "./wire.ts";

export type { NewDevice };

/** The body of POST /chats/:chatId/mls/commit, without its clientId. */
export interface StagedCommit {
  /** The epoch of the Commit: the server refuses it as `stale_epoch` if that has passed. */
  epoch: number;
  commit: string;
  groupInfo: string;
  welcome?: { deviceIds: string[]; message: string };
  addUserIds?: string[];
  removeUserIds?: string[];
}

/** Without any field, a Commit only renews this device's own keys. */
export interface GroupChange {
  add?: NewDevice[];
  /** All devices of these users. */
  removeUserIds?: string[];
  removeDeviceIds?: string[];
}

/**
 * Creates the Commit for a change; `state` is unchanged, and `next` counts once the server has
 * accepted it.
 */
export async function stageCommit(
  state: ClientState,
  change: GroupChange,
): Promise<{ staged: StagedCommit; next: ClientState }> {
  const suite = await cipherSuite();
  await checkAdditions(state, change);
  const extraProposals = [...removals(state, change), ...additions(change.add ?? [])];
  const { newState: next, commit, welcome } = await guarded(
    "invalid_change",
    "Make a Commit",
    () =>
      createCommit({ state, cipherSuite: suite }, {
        wireAsPublicMessage: true,
        extraProposals,
        ratchetTreeExtension: true,
      }),
  );
  const staged = await describe(state, next, encodeWire(commit));
  if (welcome) {
    const deviceIds = (change.add ?? []).map(({ deviceId }) => deviceId);
    staged.welcome = { deviceIds, message: encodeWire({ wireformat: "mls_welcome", welcome }) };
  }
  return { staged, next };
}

/** Returns the description of a Commit for the server, from the states before and after it. */
export async function describe(
  before: Pick<ClientState, "ratchetTree" | "groupContext">,
  next: ClientState,
  commit: string,
): Promise<StagedCommit> {
  const [old, now] = [rosterOf(before.ratchetTree), rosterOf(next.ratchetTree)];
  const [addUserIds, removeUserIds] = [usersWithout(now, old), usersWithout(old, now)];
  return {
    epoch: Number(before.groupContext.epoch),
    commit,
    groupInfo: await exportGroupInfo(next),
    ...(addUserIds.length > 0 && { addUserIds }),
    ...(removeUserIds.length > 0 && { removeUserIds }),
  };
}

/**
 * Returns the GroupInfo with ratchet_tree and external_pub. The latter is encoded here: RFC 9420,
 * section 12.4.3.2, has an `opaque<V>`, and ts-mls 1.6.4 writes the bare key.
 */
export async function exportGroupInfo(state: ClientState): Promise<string> {
  const suite = await cipherSuite();
  const { publicKey } = await suite.hpke.deriveKeyPair(state.keySchedule.externalSecret);
  const key = await suite.hpke.exportPublicKey(publicKey);
  const groupInfo = await createGroupInfoWithRatchetTree(
    state.groupContext,
    state.confirmationTag,
    state,
    state.ratchetTree,
    // An X25519 key has 32 bytes, so its length takes one byte.
    [{ extensionType: "external_pub", extensionData: concat(Uint8Array.of(key.length), key) }],
    suite,
  );
  return encodeWire({ wireformat: "mls_group_info", groupInfo });
}

/**
 * Checks against the tree without the removed devices: a device may be removed and added at once.
 */
async function checkAdditions(state: ClientState, change: GroupChange): Promise<void> {
  if (!change.add?.length) return;
  const out = new Set(leavesOut(state, change).map(({ leafIndex }) => 2 * leafIndex));
  const ratchetTree = state.ratchetTree.map((node, index) => out.has(index) ? undefined : node);
  const { leftOut: [bad] } = await usableDevices({ ...state, ratchetTree }, change.add);
  if (!bad) return;
  const { userId, deviceId, reason } = bad;
  throw new MlsClientError("bad_key_package", `Cannot add ${userId}/${deviceId}: ${reason}`);
}

function additions(devices: NewDevice[]): Proposal[] {
  return devices.map(({ keyPackage: encoded }) => {
    const keyPackage = decodeKeyPackage(encoded);
    return { proposalType: "add", add: { keyPackage } };
  });
}

function removals(state: ClientState, change: GroupChange): Proposal[] {
  const out = leavesOut(state, change);
  if (out.some(({ leafIndex }) => leafIndex === state.privatePath.leafIndex)) {
    throw new MlsClientError("invalid_change", "Remove: a device cannot commit its own removal");
  }
  return out.map(({ leafIndex }) => ({ proposalType: "remove", remove: { removed: leafIndex } }));
}

function leavesOut(state: ClientState, change: GroupChange): Member[] {
  const { removeUserIds = [], removeDeviceIds = [] } = change;
  return rosterOf(state.ratchetTree).filter(({ userId, deviceId }) => {
    return removeUserIds.includes(userId) || removeDeviceIds.includes(deviceId);
  });
}
