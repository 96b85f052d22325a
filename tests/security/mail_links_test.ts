import assert from "node:assert/strict";
import { type Account, AccountWorld, onBothStores, PASSWORD } from "../support/account_world.ts";
import { devicesOf, leaveDevices } from "../support/left_devices.ts";
import { submitPage } from "../support/link_page.ts";
import { enableSecondFactor } from "../support/second_factor.ts";
import { testedStores } from "../support/tested_stores.ts";
import { IdentityProvider } from "./identity_provider.ts";

/** A mailed link proves access to the mailbox, not ownership of the account. */

const test = onBothStores();

const OWN = "the owner's password";

const profile = async (world: AccountWorld, token: string) =>
  await world.send("GET", "/api/users/profile", undefined, { token });

const verify = (world: AccountWorld, body: object, session?: { token: string }) =>
  world.send("POST", "/api/auth/email/verify", body, session);

const change = (world: AccountWorld, body: object, session?: { token: string }) =>
  world.send("POST", "/api/auth/email/change", body, session);

/** Requests another address in the account's session; returns the link that is mailed to it. */
async function askForChange(world: AccountWorld, who: Account, email: string): Promise<string> {
  const { status } = await world.send("PUT", "/api/auth/email", { email }, who);
  assert.equal(status, 202);
  return await world.linkToken(email, /new e-mail/);
}

async function confirmed(world: AccountWorld, name: string): Promise<Account> {
  const account = await world.register(name);
  const token = await world.linkToken(account.email, /Confirm/);
  assert.equal((await verify(world, { token }, account)).status, 204);
  return account;
}

for (const store of testedStores()) {
  Deno.test({
    name: `account takeover in advance: the mailbox's owner gets the account alone (${store.name})`,
    ignore: store.ignore,
    fn: async () => {
      await using provider = await IdentityProvider.start();
      const environment = { ...provider.environment, ...store.environment() };
      await using world = await AccountWorld.open(environment);
      const mallory = await world.register("ann");
      await enableSecondFactor(world, mallory);
      const proof = {
        idToken: await provider.sign(provider.claims({ sub: "m", email: "m@x.org" })),
      };
      const linked = await world.send("POST", "/api/auth/identities/google", proof, mallory);
      assert.equal(linked.status, 204);
      const pending = await askForChange(world, mallory, "m@x.org");
      await leaveDevices(world, mallory.token);
      const token = await world.linkToken(mallory.email, /Confirm/);
      const pressed = await verify(world, { token });
      assert.deepEqual([pressed.status, pressed.body.code], [401, "unauthenticated"]);
      assert.equal((await profile(world, mallory.token)).body.emailVerifiedAt, null);
      const taken = await submitPage(world, "/account/verify-email", { token, newPassword: OWN });
      assert.equal(taken.status, 200, taken.text);
      await world.mail(mallory.email, /^Password changed/);
      await assertOut(world, mallory, pending);
      const byProvider = await world.send("POST", "/api/auth/google", proof);
      assert.equal(byProvider.status, 200, JSON.stringify(byProvider.body));
      assert.notEqual(byProvider.body.user.username, "ann");
      const owner = await world.login("ann", OWN);
      assert.ok(owner.body.accessToken, "the stranger's second factor is gone");
      assert.notEqual(owner.body.user.emailVerifiedAt, null);
      assert.deepEqual(await devicesOf(world, owner.body.accessToken), [[], []]);
    },
  });
}

/**
 * Checks that no session, token, password or pending link of the account's opener works any more.
 */
async function assertOut(world: AccountWorld, mallory: Account, pending: string): Promise<void> {
  const { refreshToken } = mallory;
  const refused = {
    session: await profile(world, mallory.token),
    refresh: await world.send("POST", "/api/auth/refresh-token", { refreshToken }),
    password: await world.login("ann", PASSWORD),
    change: await change(world, { token: pending, password: OWN }),
  };
  const statuses = Object.entries(refused).map(([what, { status }]) => [what, status]);
  assert.deepEqual(Object.fromEntries(statuses), {
    session: 401,
    refresh: 401,
    password: 401,
    change: 400,
  });
}

test("a link confirms the address in a session of the account or with its password, and not otherwise", async (world) => {
  const [ann, bob] = [await world.register("ann"), await world.register("bob")];
  const token = await world.linkToken(ann.email, /Confirm/);
  const refused = [
    await verify(world, { token }),
    await verify(world, { token }, bob),
    await verify(world, { token, password: "wrong" }),
    await verify(world, { token, password: "wrong" }, bob),
  ];
  assert.deepEqual(refused.map(({ status }) => status), [401, 401, 401, 401]);
  assert.equal((await profile(world, ann.token)).body.emailVerifiedAt, null);
  const both = await verify(world, { token, password: PASSWORD, newPassword: OWN });
  assert.equal(both.status, 400);
  assert.equal((await verify(world, { token, password: PASSWORD })).status, 204);
  assert.equal((await profile(world, ann.token)).status, 200, "its own sessions stay");
  const other = await world.linkToken(bob.email, /Confirm/);
  assert.equal((await verify(world, { token: other }, bob)).status, 204);
});

test("a confirmed address cannot be taken over by an older link", async (world) => {
  const ann = await world.register("ann");
  const first = await world.linkToken(ann.email, /Confirm/);
  const store = await world.openStore();
  await store.users.update(ann.id, { emailVerifiedAt: world.now() });
  await store.close();
  assert.equal((await verify(world, { token: first, newPassword: OWN })).status, 400);
  assert.equal((await profile(world, ann.token)).status, 200);
});

test("a new address is used when the account's owner follows its link, not the mailbox's owner", async (world) => {
  const mallory = await confirmed(world, "mallory");
  const token = await askForChange(world, mallory, "victim@example.net");
  const pressed = await change(world, { token });
  assert.deepEqual([pressed.status, pressed.body.code], [401, "unauthenticated"]);
  assert.equal((await submitPage(world, "/account/change-email", { token })).status, 401);
  assert.equal((await profile(world, mallory.token)).body.email, mallory.email);
  assert.equal((await change(world, { token }, mallory)).status, 204);
});

test("a pending change of address ends with the session that asked for it", async (world) => {
  const ann = await confirmed(world, "ann");
  const thief = (await world.login("ann")).body;
  const stolen = { ...ann, token: thief.accessToken as string };
  const token = await askForChange(world, stolen, "thief@example.net");
  await world.send("DELETE", "/api/sessions", undefined, ann);
  assert.equal((await change(world, { token, password: PASSWORD })).status, 400);
  assert.equal((await change(world, { token }, ann)).status, 400);
  assert.equal((await profile(world, ann.token)).body.email, ann.email);
});

test("a pending change of address does not work while the account is suspended", async (world) => {
  const ann = await confirmed(world, "ann");
  const token = await askForChange(world, ann, "new@example.net");
  const store = await world.openStore();
  const suspension = { at: world.now(), until: null, reason: "spam", byUserId: ann.id };
  await store.users.update(ann.id, { suspension });
  assert.equal((await change(world, { token, password: PASSWORD })).status, 400);
  assert.equal((await store.users.byId(ann.id))!.email, ann.email);
  await store.close();
});

test("of several pending changes of address the first that is confirmed ends the others", async (world) => {
  const ann = await confirmed(world, "ann");
  const links = [
    await askForChange(world, ann, "first@example.net"),
    await askForChange(world, ann, "second@example.net"),
  ];
  assert.equal((await change(world, { token: links[1] }, ann)).status, 204);
  assert.equal((await change(world, { token: links[0] }, ann)).status, 400);
  assert.equal((await profile(world, ann.token)).body.email, "second@example.net");
});

test("an address that was just given up can be neither asked for nor taken by others", async (world) => {
  const [ann, bob] = [await confirmed(world, "ann"), await confirmed(world, "bob")];
  const moved = await askForChange(world, ann, "mid@example.net");
  // Another person's link: a later request of the same person would replace it.
  const cat = await confirmed(world, "cat");
  const early = await askForChange(world, cat, "later@example.net");
  assert.equal((await change(world, { token: moved }, ann)).status, 204);
  const before = world.mails.length;
  const asked = await world.send("PUT", "/api/auth/email", { email: ann.email }, bob);
  assert.equal(asked.status, 202, "the answer does not reveal it");
  // The mail of a later request has come: that of the earlier one would have come before.
  await askForChange(world, bob, "other@example.net");
  const since = world.mails.slice(before).filter(({ subject }) => /Confirm your new/.test(subject));
  assert.deepEqual(since.map(({ to }) => to), ["other@example.net"]);
  const store = await world.openStore();
  await store.users.update(ann.id, { email: "later@example.net", emailKey: "later@example.net" });
  await store.close();
  const refused = await change(world, { token: early }, cat);
  assert.deepEqual([refused.status, refused.body.code], [409, "conflict"], "taken meanwhile");
  assert.equal((await profile(world, cat.token)).body.email, cat.email);
});

test("the old address undoes a change, and locks out the attacker who made it", async (world) => {
  const ann = await confirmed(world, "ann");
  const thief = { ...ann, token: (await world.login("ann")).body.accessToken as string };
  const token = await askForChange(world, thief, "thief@example.net");
  assert.equal((await change(world, { token }, thief)).status, 204);
  await enableSecondFactor(world, thief);
  const squatter = { username: "squatter", email: ann.email, password: PASSWORD };
  const squat = await world.send("POST", "/api/auth/register", squatter);
  assert.deepEqual([squat.status, squat.body.errors[0].path], [409, "email"], "it is kept");
  const again = await askForChange(world, thief, "thief2@example.net");
  assert.equal((await change(world, { token: again }, thief)).status, 204);
  const { link } = await world.mail(ann.email, /address was changed/);
  assert.match(link!, /\/account\/undo-email\?token=/);
  const undo = { token: new URL(link!).searchParams.get("token")!, password: OWN };
  const done = await submitPage(world, "/account/undo-email", undo);
  assert.equal(done.status, 200, done.text);
  await world.mail(ann.email, /^Password changed/);
  assert.equal((await profile(world, thief.token)).status, 401);
  const back = await world.login(ann.email, OWN);
  assert.deepEqual(
    [back.status, back.body.user?.email],
    [200, ann.email],
    "no second factor is required",
  );
  const toThief = world.mails.filter(({ to }) => to.startsWith("thief"));
  assert.ok(toThief.length >= 2, "both addresses were asked");
  assert.ok(toThief.every(({ text }) => !text.includes("undo-email")), "a thief cannot undo it");
  const twice = await world.send("POST", "/api/auth/email/undo", undo);
  assert.equal(twice.status, 400);
});

test("undoing keeps a second factor that was set up well before the change", async (world) => {
  const ann = await confirmed(world, "ann");
  await enableSecondFactor(world, ann);
  world.ahead += 48 * 3_600_000;
  const { refreshToken } = ann;
  const { body } = await world.send("POST", "/api/auth/refresh-token", { refreshToken });
  const session = { ...ann, token: body.accessToken as string };
  await world.send("POST", "/api/auth/reauthenticate", { password: PASSWORD }, session);
  const token = await askForChange(world, session, "new@example.net");
  assert.equal((await change(world, { token }, session)).status, 204);
  const { link } = await world.mail(ann.email, /address was changed/);
  const undo = { token: new URL(link!).searchParams.get("token")!, password: OWN };
  assert.equal((await world.send("POST", "/api/auth/email/undo", undo)).status, 204);
  assert.equal((await world.login("ann", OWN)).body.twoFactorRequired, true);
});

test("mail and page name the account and its creation date", async (world) => {
  const ann = await world.register("ann");
  const { text, link } = await world.mail(ann.email, /Confirm/);
  const opened = new Date(world.now()).toISOString().slice(0, 10);
  assert.match(text, new RegExp(`"ann", opened on ${opened} \\d\\d:\\d\\d UTC`));
  const url = new URL(link!);
  const page = await world.send("GET", `${url.pathname}${url.search}`);
  assert.match(page.body, new RegExp(`Account: ann, opened on ${opened}`));
});

test("a stranger's mailbox gets only a few mails, however many accounts request them", async (world) => {
  const people = await Promise.all(
    Array.from({ length: 8 }, (_, i) => world.register(`sender${i}`)),
  );
  for (const [i, person] of people.entries()) {
    const email = `stranger+${i}@example.net`;
    const asked = await world.send("PUT", "/api/auth/email", { email }, person);
    assert.equal(asked.status, 202, "the response does not reveal that no mail is sent");
  }
  for (let i = 0; i < 8; i++) {
    await world.send("POST", "/api/auth/email/verification", {}, people[0]);
  }
  // A background mail has been sent once a later mail has.
  const last = await world.register("last");
  await world.mail(last.email, /Confirm/);
  await askForChange(world, last, "other@example.net");
  const toStranger = world.mails.filter(({ to }) => to.startsWith("stranger"));
  assert.equal(toStranger.length, 5);
  const toSender = world.mails.filter(({ to, subject }) => {
    return to === people[0].email && /Confirm/.test(subject);
  });
  assert.equal(toSender.length, 5, "the first at the registration");
});
