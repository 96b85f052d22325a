import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { forgeKeyPackage } from "../encryption/forged_key_package.ts";
import { RawDevice } from "../encryption/raw_device.ts";
import { openStoreOf } from "../support/people.ts";
import { SMALL_ORDER_KEYS } from "../encryption/small_order_keys.ts";
import type { RunningApp } from "../support/running_app.ts";
import { attacks, REST } from "./attacks.ts";

const attack = attacks();

attack(
  REST,
  "strangers can neither use up a device's key packages nor make it unreachable",
  async (app) => {
    const { ann, bob } = await app.people("ann", "bob");
    const bobs = await RawDevice.make(app, bob, 13);
    const lastResort = await bobs.mls.createLastResort();
    assert.equal((await bobs.upload({ lastResort })).status, 200);
    const strangers = Object.values(await app.people("eve", "mal", "sue"));
    for (let i = 0; i < 8; i++) {
      for (const stranger of strangers) {
        const items = await claim(app, stranger, bob.id);
        assert.equal(items.length, 1, "the device stays reachable");
        const isLast = items[0].keyPackage === lastResort;
        assert.equal(isLast, i >= 1, "the last ten are not for strangers");
      }
    }
    const shared = await bobs.http.post("/api/groups", { name: "Both", memberIds: [ann.id] });
    assert.equal(shared.status, 201);
    const [forFriend] = await claim(app, ann, bob.id);
    assert.notEqual(forFriend.keyPackage, lastResort);
  },
);

attack(REST, "one user can claim only a limited number of another's key packages", async (app) => {
  const { ann, bob } = await app.people("ann", "bob");
  const anns = await RawDevice.make(app, ann, 0);
  const bobs = await RawDevice.make(app, bob, 5);
  const shared = await bobs.http.post("/api/groups", { name: "Both", memberIds: [ann.id] });
  assert.equal(shared.status, 201);
  for (let i = 0; i < 2; i++) assert.equal((await claim(app, ann, bob.id)).length, 1);
  const refused = await anns.http.post(`/api/users/${bob.id}/key-packages/claim`);
  assert.deepEqual([refused.status, refused.body.code], [429, "rate_limited"]);
  assert.ok(refused.body.retryAfter > 0);
  const lastResort = await bobs.mls.createLastResort();
  assert.equal((await bobs.upload({ lastResort })).body.remaining, 3, "none was taken");
  assert.equal((await claim(app, ann, bob.id))[0].keyPackage, lastResort);
  const own = await bobs.http.post(`/api/users/${bob.id}/key-packages/claim`);
  assert.notEqual(
    own.body.items[0].keyPackage,
    lastResort,
    "the user's own devices are not counted",
  );
}, { RATE_CLAIMS: "2/60m" });

attack(
  REST,
  "all strangers together can claim only a limited number of key packages",
  async (app) => {
    const { bob } = await app.people("bob");
    const bobs = await RawDevice.make(app, bob, 20);
    const lastResort = await bobs.mls.createLastResort();
    await bobs.upload({ lastResort });
    const strangers = Object.values(await app.people("eve", "mal", "sue", "zoe"));
    const taken = [];
    for (const stranger of strangers) {
      taken.push(
        (await claim(app, stranger, bob.id))[0].keyPackage,
      );
    }
    assert.deepEqual(taken.map((each) => each === lastResort), [false, false, false, true]);
  },
  { RATE_STRANGER_CLAIMS: "3/60m" },
);

attack(
  REST,
  "harmful key packages accepted by an earlier release are not handed out",
  async (app) => {
    const { ann, bob } = await app.people("ann", "bob");
    await RawDevice.make(app, ann, 0);
    const bobs = await RawDevice.make(app, bob, 1);
    const owner = { userId: bob.id, deviceId: bobs.id };
    const signature = await bobs.signatureKeys();
    const seconds = BigInt(Math.floor(Date.now() / 1000));
    const lifetime = { notBefore: seconds + 1_800n, notAfter: seconds + 86_400n };
    const bad = [
      await forgeKeyPackage({ owner, signature, leaf: { lifetime } as object }),
      await forgeKeyPackage({ owner, signature, leaf: { hpkePublicKey: SMALL_ORDER_KEYS["1"] } }),
    ];
    const store = await openStoreOf(app.config);
    try {
      await store.keyPackages.add(
        bobs.id,
        bad.map((keyPackage) => ({
          id: newId(),
          deviceId: bobs.id,
          keyPackage,
          isLastResort: false,
          expiresAt: Date.now() + 3_600_000,
          createdAt: 0,
        })),
        { max: Infinity, now: 0 },
      );
    } finally {
      await store.close();
    }
    const [claimed] = await claim(app, ann, bob.id);
    assert.ok(claimed);
    assert.ok(!bad.includes(claimed.keyPackage));
  },
);

async function claim(
  app: RunningApp,
  person: Parameters<RunningApp["client"]>[0],
  userId: string,
): Promise<{ deviceId: string; keyPackage: string }[]> {
  const { status, body } = await app.client(person).post(
    `/api/users/${userId}/key-packages/claim`,
  );
  assert.equal(status, 200, JSON.stringify(body));
  return body.items;
}
