import assert from "node:assert/strict";
import type { KeyPackage } from "ts-mls";
import { readRecord } from "../../../src/client/mls/group_record.ts";
import { usableDevices } from "../../../src/client/mls/key_package_check.ts";
import { clientConfig } from "../../../src/client/mls/suite.ts";
import { decodeKeyPackage, encodeWire } from "../../../src/client/mls/wire.ts";
import { newId } from "../../../src/core/ids.ts";
import { forgeKeyPackage, type KeyPackageForgery } from "../../encryption/forged_key_package.ts";
import { SMALL_ORDER_KEYS } from "../../encryption/small_order_keys.ts";
import { threePeople } from "./world.ts";

const shared = await threePeople();

/** An extension that no device of these tests supports. */
const UNKNOWN = { extensionType: 0xf00d, extensionData: new Uint8Array() };

async function group(isTrusted = true) {
  const { world, devices } = shared;
  const config = clientConfig(() => isTrusted);
  const { state } = (await readRecord(devices[0].store, world.chatId, config))!.record;
  return { ...state, clientConfig: config };
}

/** A device with a forged key package, which `after` changes once it is signed. */
async function aDevice(
  forgery: KeyPackageForgery = {},
  after: (keyPackage: KeyPackage) => Partial<KeyPackage> = () => ({}),
) {
  const owner = forgery.owner ?? { userId: newId(), deviceId: newId() };
  const signed = decodeKeyPackage(await forgeKeyPackage({ ...forgery, owner }));
  const keyPackage = { ...signed, ...after(signed) };
  return { ...owner, keyPackage: encodeWire({ wireformat: "mls_key_package", keyPackage }) };
}

async function reasonFor(device: Awaited<ReturnType<typeof aDevice>>, isTrusted = true) {
  const { usable, leftOut } = await usableDevices(await group(isTrusted), [device]);
  assert.equal(usable.length + leftOut.length, 1);
  return leftOut[0]?.reason ?? "usable";
}

const SECONDS = BigInt(Math.floor(Date.now() / 1000));
const lifetime = (notBefore: bigint, notAfter: bigint) => ({ lifetime: { notBefore, notAfter } });

Deno.test("usableDevices accepts a sound key package within its lifetime", async () => {
  assert.equal(await reasonFor(await aDevice()), "usable");
  const tight = await aDevice({ leaf: lifetime(SECONDS - 60n, SECONDS + 600n) as object });
  assert.equal(await reasonFor(tight), "usable");
});

const faults: [string, RegExp, () => ReturnType<typeof aDevice>][] = [
  ["is another device's", /another device's/, async () => ({
    ...await aDevice(),
    deviceId: newId(),
  })],
  ["is another user's", /another device's/, async () => ({ ...await aDevice(), userId: newId() })],
  [
    "has not begun",
    /has not begun/,
    () => aDevice({ leaf: lifetime(SECONDS + 600n, SECONDS + 900n) as object }),
  ],
  [
    "has ended",
    /has ended/,
    () => aDevice({ leaf: lifetime(SECONDS - 900n, SECONDS - 600n) as object }),
  ],
  ["has a leaf that nobody signed", /signature of its leaf/, () =>
    aDevice({}, ({ leafNode }) => ({
      leafNode: { ...leafNode, signature: new Uint8Array(64) },
    }))],
  [
    "nobody signed",
    /its signature does not/,
    () => aDevice({}, () => ({ signature: new Uint8Array(64) })),
  ],
  [
    "has an init key that was exchanged",
    /its signature does not/,
    () => aDevice({}, () => ({ initKey: crypto.getRandomValues(new Uint8Array(32)) })),
  ],
  ["has one key for both purposes", /both its keys are one/, () => {
    const key = crypto.getRandomValues(new Uint8Array(32));
    return aDevice({ leaf: { hpkePublicKey: key }, fields: { initKey: key } });
  }],
  [
    "has an init key of small order",
    /small order/,
    () => aDevice({ fields: { initKey: SMALL_ORDER_KEYS["0"] } }),
  ],
  [
    "is for another cipher suite",
    /another cipher suite/,
    () => aDevice({ fields: { cipherSuite: "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448" } }),
  ],
  [
    "has an extension that it does not support",
    /does not support an extension/,
    () => aDevice({ leaf: { extensions: [UNKNOWN] } }),
  ],
];
for (const [name, reason, make] of faults) {
  Deno.test(`usableDevices leaves out a key package that ${name}`, async () => {
    assert.match(await reasonFor(await make()), reason);
  });
}

Deno.test("usableDevices leaves out a device that is not trusted", async () => {
  assert.match(await reasonFor(await aDevice(), false), /not trusted/);
});

Deno.test("usableDevices leaves out a device that does not support an extension of the group", async () => {
  const { groupContext, ...state } = await group();
  const extensions = [...groupContext.extensions, UNKNOWN];
  const extended = { ...state, groupContext: { ...groupContext, extensions } };
  const { usable, leftOut } = await usableDevices(extended, [await aDevice()]);
  assert.deepEqual(usable, []);
  assert.match(leftOut[0].reason, /does not support an extension/);
});

Deno.test("usableDevices leaves out devices and keys that are in the group already, or were just taken", async () => {
  const { devices } = shared;
  const { ratchetTree } = await group();
  const member = ratchetTree[4];
  assert.ok(member?.nodeType === "leaf");
  const { hpkePublicKey } = member.leaf;
  const { userId, deviceId } = devices[4].mls;
  assert.match(await reasonFor(await aDevice({ leaf: { hpkePublicKey } })), /in the group already/);
  assert.match(await reasonFor(await aDevice({ owner: { userId, deviceId } })), /already/);
  const key = crypto.getRandomValues(new Uint8Array(32));
  const two = [1, 2].map(() => aDevice({ leaf: { hpkePublicKey: key } }));
  const { usable, leftOut } = await usableDevices(await group(), await Promise.all(two));
  assert.deepEqual([usable.length, leftOut.length], [1, 1], "the first of two with one key");
});

Deno.test("usableDevices leaves out a device with the key of a parent in the tree", async () => {
  const { world, devices } = await threePeople();
  await devices[0].change((each) => each.stage({}));
  const stored = await readRecord(devices[0].store, world.chatId, clientConfig(() => true));
  const { state } = stored!.record;
  const parent = state.ratchetTree[1];
  assert.ok(parent?.nodeType === "parent");
  const device = await aDevice({ leaf: { hpkePublicKey: parent.parent.hpkePublicKey } });
  const { leftOut } = await usableDevices(state, [device]);
  assert.match(leftOut[0]?.reason ?? "", /in the group already/);
});
