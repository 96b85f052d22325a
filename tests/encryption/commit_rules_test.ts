import assert from "node:assert/strict";
import type { ChatDraft } from "../../src/chats/chat_draft.ts";
import { toBase64Url } from "../../src/core/base64url.ts";
import { newId } from "../../src/core/ids.ts";
import { checkDevices, checkMembership } from "../../src/encryption/commit_rules.ts";
import type { CommitEffect } from "../../src/encryption/mls/commit_check.ts";
import type { RosterEntry } from "../../src/encryption/mls/ratchet_tree.ts";
import type { Device } from "../../src/model/device.ts";
import type { Membership } from "../../src/model/membership.ts";
import { aChat, aMember } from "../contract/store/rows.ts";

const [ann, bob, cat] = [newId(), newId(), newId()];

let leaves = 0;

function aLeaf(userId: string): RosterEntry {
  const signatureKey = crypto.getRandomValues(new Uint8Array(32));
  return { userId, deviceId: newId(), leafIndex: leaves++, signatureKey };
}

function registered({ userId, deviceId, signatureKey }: RosterEntry): Device {
  return { id: deviceId, userId, signatureKey: toBase64Url(signatureKey) } as Device;
}

function anEffect(committer: RosterEntry, fields: Partial<CommitEffect> = {}): CommitEffect {
  const { added = [], removed = [] } = fields;
  const roster = [committer, ...added];
  return { committer, external: false, roster, addedKeyPackages: [], ...fields, added, removed };
}

Deno.test("checkDevices requires that the committer and every new leaf are registered, with this user and this key", () => {
  const [own, added] = [aLeaf(ann), aLeaf(bob)];
  const effect = anEffect(own, { added: [added] });
  const both = [registered(own), registered(added)];
  checkDevices(ann, effect, both);
  const fault = /is not a registered device/;
  for (const [i, entry] of [own, added].entries()) {
    const refused = (device?: Partial<Device>) => {
      const known = device ? both.with(i, { ...both[i], ...device }) : both.toSpliced(i, 1);
      assert.throws(() => checkDevices(ann, effect, known), fault);
    };
    refused();
    refused({ userId: cat });
    refused({ signatureKey: toBase64Url(aLeaf(entry.userId).signatureKey) });
    refused({ id: newId() });
  }
  assert.throws(() => checkDevices(bob, effect, both), { code: "forbidden" });
});

/** A chat with these members by user id, as a draft has it. */
function draftOf(members: Record<string, Partial<Membership>>, kind: "group" | "direct" = "group") {
  const chat = aChat({ kind });
  const rows = new Map(
    Object.entries(members).map(([userId, fields]) => [
      userId,
      aMember(chat.id, { userId, ...fields }),
    ]),
  );
  return { chat, member: (userId: string) => rows.get(userId) } as unknown as ChatDraft;
}

const claims = (addUserIds: string[] = [], removeUserIds: string[] = []) => ({
  addUserIds,
  removeUserIds,
});

Deno.test("checkMembership adds neither members nor users whom the Commit does not add", () => {
  const draft = draftOf({ [ann]: { role: "admin" }, [bob]: {} });
  const own = aLeaf(ann);
  const adding = (userIds: string[], claimed: string[]) => () =>
    checkMembership(
      draft,
      ann,
      anEffect(own, { added: userIds.map(aLeaf) }),
      claims(claimed),
      new Set(),
    );
  assert.deepEqual(adding([cat], [cat])(), []);
  assert.deepEqual(adding([bob], [])(), [], "a member's other device");
  assert.throws(adding([bob], [bob]), /is a member already/);
  assert.throws(adding([], [cat]), /is not added by the Commit/);
  assert.throws(adding([cat], []), /not in addUserIds/);
  const byMember = () =>
    checkMembership(
      draft,
      bob,
      anEffect(aLeaf(bob), { added: [aLeaf(cat)] }),
      claims([cat]),
      new Set(),
    );
  assert.throws(byMember, { code: "forbidden" });
});

Deno.test("checkMembership lets a Commit of a direct chat change devices, and no member", () => {
  const draft = draftOf({ [ann]: {}, [bob]: {} }, "direct");
  const commit = (...claimed: Parameters<typeof claims>) => () =>
    checkMembership(draft, ann, anEffect(aLeaf(ann)), claims(...claimed), new Set());
  assert.deepEqual(commit()(), []);
  assert.throws(commit([cat]), /always has its two members/);
  assert.throws(commit([], [bob]), /always has its two members/);
});

Deno.test("checkMembership lets members remove their own devices, those of former members and those that are not registered", () => {
  const draft = draftOf({ [ann]: {}, [bob]: {} });
  const own = aLeaf(ann);
  const removing = (entry: RosterEntry, known: RosterEntry[]) => () =>
    checkMembership(
      draft,
      ann,
      anEffect(own, { removed: [entry] }),
      claims(),
      new Set(known.map(({ deviceId }) => deviceId)),
    );
  const [mine, bobs, former] = [aLeaf(ann), aLeaf(bob), aLeaf(cat)];
  const all = [own, mine, bobs, former];
  assert.deepEqual(removing(mine, all)(), []);
  assert.deepEqual(removing(former, all)(), []);
  assert.deepEqual(removing(bobs, [own, mine, former])(), []);
  assert.throws(removing(bobs, all), { code: "forbidden", message: /another member's device/ });
});

Deno.test("checkMembership removes members by the rules of groups, with all of their devices", () => {
  const [own, bobs, second] = [aLeaf(ann), aLeaf(bob), aLeaf(bob)];
  const removing = (role: Membership["role"], roster = [own], target: Partial<Membership> = {}) => {
    const draft = draftOf({ [ann]: { role }, [bob]: target });
    const effect = anEffect(own, { removed: [bobs], roster });
    const known = new Set([bobs.deviceId]);
    return () => checkMembership(draft, ann, effect, claims([], [bob]), known);
  };
  assert.deepEqual(removing("admin")().map(({ userId }) => userId), [bob]);
  assert.deepEqual(removing("owner", [own], { role: "admin" })().length, 1);
  assert.throws(removing("member"), { code: "forbidden" });
  assert.throws(removing("admin", [own], { role: "admin" }), { code: "forbidden" });
  assert.throws(removing("admin", [own, second]), /still has a device/);
  const gone = draftOf({ [ann]: {} });
  const effect = anEffect(own, { removed: [bobs] });
  assert.deepEqual(checkMembership(gone, ann, effect, claims([], [bob]), new Set()), []);
});

Deno.test("checkMembership changes no member of a direct chat, and nothing for a former member", () => {
  const direct = draftOf({ [ann]: { role: "owner" }, [bob]: {} }, "direct");
  const own = aLeaf(ann);
  const adds = anEffect(own, { added: [aLeaf(cat)] });
  assert.throws(() => checkMembership(direct, ann, adds, claims([cat]), new Set()), /two members/);
  const removes = anEffect(own, { removed: [aLeaf(bob)] });
  const removal = () => checkMembership(direct, ann, removes, claims([], [bob]), new Set());
  assert.throws(removal, /two members/);
  const left = () => checkMembership(draftOf({}), ann, anEffect(own), claims(), new Set());
  assert.throws(left, { code: "not_found" });
});
