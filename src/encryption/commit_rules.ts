import type { ChatDraft } from "../chats/chat_draft.ts";
import { AppError, fieldError, notFound, quote } from "../core/errors.ts";
import type { Device } from "../model/device.ts";
import { assertMayRemove, type Membership } from "../model/membership.ts";
import { fromBase64Url, toBase64Url } from "../core/base64url.ts";
import type { CommitEffect } from "./mls/commit_check.ts";
import { parseIdentity } from "./mls/identity.ts";
import { keyPackageRef, parseKeyPackage } from "./mls/key_package.ts";
import { sameBytes } from "./mls/labelled_crypto.ts";
import type { RosterEntry } from "./mls/ratchet_tree.ts";
import { parseWelcome } from "./mls/welcome.ts";

/** Changes of the chat's membership that the sender claims the Commit makes. */
export interface MembershipClaim {
  addUserIds: string[];
  removeUserIds: string[];
}

export interface WelcomeClaim {
  deviceIds: string[];
  message: string;
}

/**
 * Requires that the committer and every new leaf are devices registered with exactly this key.
 * Earlier leaves need no check: they passed it when they were added, and no Commit changes their
 * signature key.
 */
export function checkDevices(callerId: string, effect: CommitEffect, registered: Device[]): void {
  const { committer } = effect;
  if (committer.userId !== callerId) {
    throw new AppError("forbidden", "Cannot commit: the committer is not a device of the caller's");
  }
  const devices = new Map(registered.map((device) => [device.id, device]));
  for (const entry of [committer, ...effect.added]) {
    const device = devices.get(entry.deviceId);
    const same = device?.userId === entry.userId &&
      sameBytes(fromBase64Url(device.signatureKey), entry.signatureKey);
    if (!same) {
      const name = quote(`${entry.userId}/${entry.deviceId}`);
      throw fieldError(
        "invalid_request",
        "commit",
        `Cannot commit: ${name} is not a registered device`,
      );
    }
  }
}

/** Requires that the Welcome is for exactly the devices that the Commit adds. */
export async function checkWelcome(effect: CommitEffect, welcome?: WelcomeClaim): Promise<void> {
  const added = effect.addedKeyPackages.map(parseKeyPackage);
  const refs = await Promise.all(added.map(keyPackageRef));
  const named = welcome ? parseWelcome(fromBase64Url(welcome.message)).newMembers : [];
  if (!sameSet(refs.map(toBase64Url), named.map(toBase64Url))) {
    const message =
      "Cannot commit: the Welcome must be for exactly the devices that the Commit adds";
    throw fieldError("invalid_request", "welcome.message", message);
  }
  const devices = added.map(({ leafNode }) => {
    return parseIdentity(leafNode.identity, "credential.identity").deviceId;
  });
  if (!sameSet(devices, welcome?.deviceIds ?? [])) {
    const message = "Cannot commit: deviceIds must be exactly the devices that the Commit adds";
    throw fieldError("invalid_request", "welcome.deviceIds", message);
  }
}

/**
 * Compares the Commit's changes of the roster with the members of the chat and their permissions,
 * by the rules of a group that is not encrypted. Throws, or returns the memberships that end.
 */
export function checkMembership(
  draft: ChatDraft,
  callerId: string,
  effect: CommitEffect,
  claim: MembershipClaim,
  registered: ReadonlySet<string>,
): Membership[] {
  const caller = draft.member(callerId);
  if (!caller) throw notFound("chat", draft.chat.id);
  const { addUserIds, removeUserIds } = claim;
  if (draft.chat.kind === "direct" && addUserIds.length + removeUserIds.length > 0) {
    throw fieldError(
      "invalid_request",
      "addUserIds",
      "Cannot commit: a direct chat always has its two members",
    );
  }
  const usersAfter = new Set(effect.roster.map(({ userId }) => userId));
  checkAdditions(draft, caller, effect, addUserIds);
  const leaving = removeUserIds.flatMap((userId) => {
    if (usersAfter.has(userId)) {
      const message = `Cannot commit: ${quote(userId)} still has a device in the group`;
      throw fieldError("invalid_request", "removeUserIds", message);
    }
    // A user who has left is no longer a member; only their leaves remain to be removed.
    const member = draft.member(userId);
    if (!member) return [];
    assertMayRemove(caller, member);
    return [member];
  });
  for (const entry of effect.removed) {
    if (removeUserIds.includes(entry.userId)) continue;
    checkMayRemoveDevice(draft, caller, entry, registered);
  }
  return leaving;
}

function checkAdditions(
  draft: ChatDraft,
  caller: Membership,
  effect: CommitEffect,
  addUserIds: string[],
): void {
  const newcomers = new Set(effect.added.map(({ userId }) => userId));
  for (const userId of addUserIds) {
    const fault = draft.member(userId)
      ? "is a member already"
      : !newcomers.has(userId)
      ? "is not added by the Commit"
      : null;
    if (fault === null) continue;
    throw fieldError("invalid_request", "addUserIds", `Cannot commit: ${quote(userId)} ${fault}`);
  }
  for (const userId of newcomers) {
    if (draft.member(userId) || addUserIds.includes(userId)) continue;
    const message = `Cannot commit: ${quote(userId)} is not a member, and not in addUserIds`;
    throw fieldError("invalid_request", "addUserIds", message);
  }
  if (addUserIds.length > 0 && caller.role === "member") {
    throw new AppError(
      "forbidden",
      "Cannot add people to the group: only its owner and admins may",
    );
  }
}

/**
 * Allows removing the caller's own devices, devices of former members, and devices that are no
 * longer registered.
 */
function checkMayRemoveDevice(
  draft: ChatDraft,
  caller: Membership,
  entry: RosterEntry,
  registered: ReadonlySet<string>,
): void {
  const may = entry.userId === caller.userId || !draft.member(entry.userId) ||
    !registered.has(entry.deviceId);
  if (may) return;
  const name = quote(`${entry.userId}/${entry.deviceId}`);
  throw new AppError("forbidden", `Cannot commit: ${name} is another member's device`);
}

function sameSet(a: string[], b: string[]): boolean {
  if (a.length !== b.length) return false;
  const [left, right] = [a.toSorted(), b.toSorted()];
  return left.every((value, i) => value === right[i]);
}
