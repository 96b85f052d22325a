import assert from "node:assert/strict";
import {
  type Account,
  type AccountWorld,
  onBothStores,
  PASSWORD,
} from "../support/account_world.ts";
import { enableSecondFactor } from "../support/second_factor.ts";

/** Conditions that make a user an administrator, and events that end it. */

const test = onBothStores();

const LISTED = { ADMIN_EMAILS: "chief@example.org" };

async function isAdmin(world: AccountWorld, { token }: { token: string }): Promise<boolean> {
  const { status, body } = await world.send("GET", "/api/admin/reports", undefined, { token });
  assert.ok(status === 200 || body.code === "forbidden", JSON.stringify(body));
  return status === 200;
}

const verify = (world: AccountWorld, body: object, session?: { token: string }) =>
  world.send("POST", "/api/auth/email/verify", body, session);

async function grantRole(world: AccountWorld, { id }: Account): Promise<void> {
  const store = await world.openStore();
  await store.users.update(id, { role: "admin" });
  await store.close();
}

test(
  "opening an account with a listed address and following the link does not make an administrator",
  async (world) => {
    const mallory = await world.register("chief");
    await enableSecondFactor(world, mallory);
    assert.equal(await isAdmin(world, mallory), false);
    const token = await world.linkToken(mallory.email, /Confirm/);
    assert.equal((await verify(world, { token })).status, 401);
    assert.equal(await isAdmin(world, mallory), false);
    const newPassword = "the chief's own words";
    assert.equal((await verify(world, { token, newPassword })).status, 204);
    assert.equal((await world.login("chief", PASSWORD)).status, 401);
    const chief = { token: (await world.login("chief", newPassword)).body.accessToken };
    assert.equal(await isAdmin(world, chief), false, "a second factor is required first");
  },
  LISTED,
);

test(
  "a listed address counts while it is confirmed and the account has a second factor",
  async (world) => {
    const chief = await world.register("chief");
    const token = await world.linkToken(chief.email, /Confirm/);
    assert.equal((await verify(world, { token }, chief)).status, 204);
    const refused = await world.send("GET", "/api/admin/reports", undefined, chief);
    assert.match(refused.body.detail, /turn on a second factor/);
    const { recoveryCodes } = await enableSecondFactor(world, chief);
    assert.equal(await isAdmin(world, chief), true);
    const code = recoveryCodes[0];
    const off = await world.send("POST", "/api/auth/2fa/disable", { code }, chief);
    assert.equal(off.status, 204);
    assert.equal(await isAdmin(world, chief), false, "without the factor");
    await enableSecondFactor(world, chief);
    assert.equal(await isAdmin(world, chief), true);
    await world.send("PUT", "/api/auth/email", { email: "other@example.org" }, chief);
    const moved = await world.linkToken("other@example.org", /new e-mail/);
    const changed = await world.send("POST", "/api/auth/email/change", { token: moved }, chief);
    assert.equal(changed.status, 204);
    assert.equal(await isAdmin(world, chief), false, "with another address");
  },
  LISTED,
);

test("administrators can be required to have a second factor", async (world) => {
  const ann = await world.register("ann");
  await grantRole(world, ann);
  assert.equal(await isAdmin(world, ann), false);
  await enableSecondFactor(world, ann);
  assert.equal(await isAdmin(world, ann), true);
}, { ADMIN_SECOND_FACTOR: "required" });

test("a granted role needs no second factor unless configured, and ends with the first proof", async (world) => {
  const ann = await world.register("ann");
  await grantRole(world, ann);
  assert.equal(await isAdmin(world, ann), true);
  const token = await world.linkToken(ann.email, /Confirm/);
  assert.equal((await verify(world, { token, newPassword: "another one's words" })).status, 204);
  const owner = { token: (await world.login("ann", "another one's words")).body.accessToken };
  assert.equal(await isAdmin(world, owner), false);
});

test("an administrator can end a user's sessions without suspending them", async (world) => {
  const [chief, bob] = [await world.register("ann"), await world.register("bob")];
  await grantRole(world, chief);
  const second = (await world.login("bob")).body;
  const path = `/api/admin/users/${bob.id}/end-sessions`;
  assert.equal((await world.send("POST", path, {}, bob)).status, 403);
  const done = await world.send("POST", path, {}, chief);
  assert.deepEqual([done.status, done.body], [200, { ended: 2 }]);
  for (const token of [bob.token, second.accessToken]) {
    const { status } = await world.send("GET", "/api/users/profile", undefined, { token });
    assert.equal(status, 401);
  }
  const { refreshToken } = second;
  assert.equal((await world.send("POST", "/api/auth/refresh-token", { refreshToken })).status, 401);
  const back = await world.login("bob");
  assert.equal(back.status, 200);
  const { accessToken: token } = back.body;
  const audit = await world.send("GET", "/api/audit", undefined, { token });
  const entry = audit.body.items.find(({ action }: { action: string }) =>
    action === "session.ended"
  );
  assert.deepEqual([entry.actorId, entry.address], [chief.id, null]);
  const missing = "/api/admin/users/0190a6e4-0000-7000-8000-000000000000/end-sessions";
  assert.equal((await world.send("POST", missing, {}, chief)).status, 404);
});
