import assert from "node:assert/strict";
import {
  type Account,
  type AccountWorld,
  onBothStores,
  PASSWORD,
} from "../support/account_world.ts";
import { eventually } from "../support/eventually.ts";
import { enableSecondFactor } from "../support/second_factor.ts";

/**
 * Mails by which the owner of a confirmed address is notified of changes that another person may
 * have made.
 */

const test = onBothStores();

async function confirm(world: AccountWorld, ann: Account): Promise<void> {
  const token = await world.linkToken(ann.email, /Confirm/);
  const confirmed = await world.send("POST", "/api/auth/email/verify", { token }, ann);
  assert.equal(confirmed.status, 204, JSON.stringify(confirmed.body));
}

/** Subjects of the notices to this address, without the name of the product. */
function noticesTo(world: AccountWorld, email: string): string[] {
  return world.mails.filter(({ to, subject }) => to === email && subject.includes("a notice from"))
    .map(({ subject }) => subject.split(":")[0]);
}

test("every change of the second factor is announced to the confirmed address", async (world) => {
  const ann = await world.register("ann");
  await confirm(world, ann);
  const { recoveryCodes, codeNow } = await enableSecondFactor(world, ann);
  await world.mail(ann.email, /^Two-factor authentication on/);
  world.ahead += 30_000;
  const renewed = await world.send("POST", "/api/auth/2fa/recovery-codes", {
    code: await codeNow(),
  }, ann);
  assert.equal(renewed.status, 200, JSON.stringify(renewed.body));
  await world.mail(ann.email, /^New recovery codes/);
  assert.ok(!recoveryCodes.includes(renewed.body.recoveryCodes[0]));
  const { challenge } = (await world.login("ann")).body;
  const code = renewed.body.recoveryCodes[0];
  assert.equal((await world.send("POST", "/api/auth/2fa/verify", { challenge, code })).status, 200);
  await world.mail(ann.email, /^Recovery code used/);
  world.ahead += 30_000;
  const off = await world.send("POST", "/api/auth/2fa/disable", { code: await codeNow() }, ann);
  assert.equal(off.status, 204, JSON.stringify(off.body));
  await world.mail(ann.email, /^Two-factor authentication off/);
});

test("a sign-in is announced if it comes from a new device, and the address is confirmed", async (world) => {
  const [ann, bob] = [await world.register("ann"), await world.register("bob")];
  const signIn = async (name: string, userAgent: string) => {
    const headers = { "user-agent": userAgent };
    assert.equal((await world.login(name, PASSWORD, headers)).status, 200);
  };
  await confirm(world, ann);
  await signIn("ann", "Test/1.0");
  await signIn("bob", "Other/2.0");
  await signIn("ann", "Other/2.0");
  await world.mail(ann.email, /^New sign-in/);
  await signIn("ann", "Other/2.0");
  // Once this notice has come, those of the sign-ins before it would have come too.
  await signIn("ann", "Third/3.0");
  const expected = ["New sign-in", "New sign-in"];
  const seen = () => noticesTo(world, ann.email);
  await eventually("the last is announced", () => seen().length >= expected.length);
  assert.deepEqual(seen(), expected, "a known device is not announced");
  assert.deepEqual(noticesTo(world, bob.email), [], "nor is anything to an unconfirmed address");
});

test("the first sign-in of an account without sessions is not announced", async (world) => {
  const ann = await world.register("ann");
  await confirm(world, ann);
  const store = await world.openStore();
  await store.sessions.deleteAllOf(ann.id);
  await store.close();
  const headers = { "user-agent": "Other/2.0" };
  const first = (await world.login("ann", PASSWORD, headers)).body.accessToken;
  assert.ok(first);
  await world.login("ann", PASSWORD, { "user-agent": "Third/3.0" });
  await world.mail(ann.email, /^New sign-in/);
  assert.equal(noticesTo(world, ann.email).length, 1, "only the second");
});

test("new passwords, a copied session, a suspension and the end of an account are announced", async (world) => {
  const [ann, chief] = [await world.register("ann"), await world.register("chief")];
  await confirm(world, ann);
  const NEW = "a new password";
  let expected: string[] = [];
  const announced = async (...titles: string[]) => {
    expected = [...expected, ...titles];
    await eventually(titles.join(), () => noticesTo(world, ann.email).length >= expected.length);
    assert.deepEqual(noticesTo(world, ann.email), expected);
  };
  const changed = { currentPassword: PASSWORD, newPassword: NEW };
  assert.equal((await world.send("PUT", "/api/auth/password", changed, ann)).status, 204);
  await announced("Password changed");
  await world.send("POST", "/api/auth/password/forgot", { email: ann.email });
  const reset = { token: await world.linkToken(ann.email, /new password/), password: PASSWORD };
  assert.equal((await world.send("POST", "/api/auth/password/reset", reset)).status, 204);
  await announced("Password changed");
  const refresh = async (refreshToken: string) =>
    (await world.send("POST", "/api/auth/refresh-token", { refreshToken })).status;
  const { refreshToken } = (await world.login("ann")).body;
  assert.equal(await refresh(refreshToken), 200);
  world.ahead += 31_000;
  assert.deepEqual(await Promise.all([refresh(refreshToken), refresh(refreshToken)]), [401, 401]);
  await announced("Session ended");
  const store = await world.openStore();
  await store.users.update(chief.id, { role: "admin" });
  await store.close();
  for (
    const [action, body] of [["suspend", { reason: "spam" }], ["unsuspend", undefined]] as const
  ) {
    const { status } = await world.send(
      "POST",
      `/api/admin/users/${ann.id}/${action}`,
      body,
      chief,
    );
    assert.equal(status, 200, action);
  }
  await announced("Account suspended");
  const { accessToken: token } = (await world.login("ann")).body;
  const deletion = { password: PASSWORD };
  assert.equal(
    (await world.send("DELETE", "/api/users/profile", deletion, { token })).status,
    204,
  );
  await announced("Account deleted");
});
