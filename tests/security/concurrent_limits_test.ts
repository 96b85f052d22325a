import assert from "node:assert/strict";
import { toBase64Url } from "../../src/core/base64url.ts";
import { anApiKey } from "../contract/store/rows.ts";
import { RawDevice } from "../encryption/raw_device.ts";
import { asAdmin } from "../moderation/administrators.ts";
import type { HttpAnswer } from "../support/http_client.ts";
import { attacks, REST } from "./attacks.ts";

/** Requests at the same time, to pass a limit that each of them alone is below. */

const attack = attacks();

/** Numbers of successful requests and of those that were refused as `conflict`. */
async function outcomes(requests: Promise<HttpAnswer>[]): Promise<[made: number, refused: number]> {
  const answers = await Promise.all(requests);
  const made = answers.filter(({ status }) => status < 300).length;
  const refused = answers.filter(({ body }) => body?.code === "conflict").length;
  assert.equal(made + refused, answers.length, JSON.stringify(answers.map(({ body }) => body)));
  return [made, refused];
}

const times = <T>(count: number, make: (i: number) => T) =>
  Array.from({ length: count }, (_, i) => make(i));

attack(REST, "concurrent registrations make no more push devices than the limit", async (app) => {
  const { ann } = await app.people("ann");
  const http = app.client(ann);
  const register = (i: number) =>
    http.post("/api/notifications/devices", { token: `${"t".repeat(100)}${i}`, name: "phone" });
  assert.deepEqual(await outcomes(times(30, register)), [5, 25]);
  const { body } = await http.get("/api/notifications/devices");
  assert.equal(body.items.length, 5, "one message causes this many requests to push services");
}, { LIMIT_PUSH_DEVICES: "5" });

attack(REST, "concurrent registrations make no more devices than the limit", async (app) => {
  const { ann, bob } = await app.people("ann", "bob");
  const register = (person: typeof ann) => {
    const signatureKey = toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
    return app.client(person).post("/api/devices", { name: "phone", signatureKey });
  };
  const [hers, his] = await Promise.all([
    outcomes(times(20, () => register(ann))),
    outcomes(times(5, () => register(bob))),
  ]);
  assert.deepEqual([hers, his], [[5, 15], [5, 0]]);
  assert.equal((await app.client(ann).get("/api/devices")).body.items.length, 5);
}, { LIMIT_DEVICES: "5" });

attack(REST, "concurrent uploads store no more key packages than the limit", async (app) => {
  const { ann } = await app.people("ann");
  const device = await RawDevice.make(app, ann, 0);
  const packages = await device.mls.createKeyPackages(12);
  const uploads = times(6, (i) => device.upload({ keyPackages: packages.slice(2 * i, 2 * i + 2) }));
  assert.deepEqual(await outcomes(uploads), [2, 4]);
}, { LIMIT_KEY_PACKAGES: "5" });

attack(REST, "concurrent blocks are no more than the limit", async (app) => {
  const { ann, ...others } = await app.people("ann", "a", "b", "c", "d", "e", "f");
  const http = app.client(ann);
  const blocks = Object.values(others).map(({ id }) =>
    http.post("/api/users/block", { userId: id })
  );
  assert.deepEqual(await outcomes(blocks), [2, 4]);
  assert.equal((await http.get("/api/users/blocked")).body.items.length, 2);
}, { LIMIT_BLOCKS: "2" });

attack(REST, "concurrent requests make no more API keys than 200", async (app) => {
  const { root } = await app.people("root");
  const chief = await asAdmin(app, root);
  const store = await app.openStore();
  await store.sessions.setAuthenticatedAt(root.sessionId, app.clock.now());
  for (let i = 0; i < 198; i++) await store.apiKeys.create(anApiKey());
  await store.close();
  const make = () =>
    chief.post("/api/admin/api-keys", { name: "backend", scopes: ["users:write"] });
  assert.deepEqual(await outcomes(times(8, make)), [2, 6]);
});
