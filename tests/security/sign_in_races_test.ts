import assert from "node:assert/strict";
import { generate } from "otplib";
import { OneTimeTokens } from "../../src/auth/one_time_tokens.ts";
import type { Caller } from "../../src/model/caller.ts";
import type { User } from "../../src/model/user.ts";
import { HeldAuth, VISITOR } from "../support/held_auth.ts";
import { testedStores } from "../support/tested_stores.ts";

/** A change during a sign-in takes effect: no sign-in bypasses the change. */

const PASSWORD = "correct horse battery";

const stores = testedStores();

function test(title: string, run: (held: HeldAuth) => Promise<void>): void {
  for (const store of stores) {
    Deno.test({
      name: `${title} (${store.name})`,
      ignore: store.ignore,
      fn: async () => {
        await using held = await HeldAuth.open(store.environment());
        await run(held);
      },
    });
  }
}

function register({ auth }: HeldAuth): Promise<User> {
  const account = { username: "ann", email: "ann@example.org", password: PASSWORD };
  return auth.accounts.register(VISITOR, account);
}

/** Returns a session of the user as the caller of a request. */
async function callerOf({ auth }: HeldAuth, { id }: User): Promise<Caller> {
  const { pair } = await auth.sessions.open(id, VISITOR);
  return await auth.sessions.authenticate(pair.accessToken, VISITOR);
}

const signIn = ({ auth }: HeldAuth) =>
  auth.signIn.withPassword(VISITOR, { identifier: "ann", password: PASSWORD });

const live = async ({ auth }: HeldAuth, { id }: User) => (await auth.sessions.list(id)).length;

const totp = (enabledAt: number | null) => ({ sealedSecret: "sealed", enabledAt, lastStep: 0 });

const CHANGES: Record<string, (held: HeldAuth, user: User) => Promise<unknown>> = {
  "a second factor is switched on": ({ store }, { id }) =>
    store.users.update(id, { totp: totp(Date.now()) }),
  "the password is replaced": ({ store }, { id }) =>
    store.users.update(id, { passwordHash: "$2b$04$other" }),
  "the account is suspended": ({ store }, { id }) =>
    store.users.update(id, {
      suspension: { at: 0, until: null, reason: "spam", byUserId: id },
    }),
  "the account is erased": ({ store }, { id }) => store.users.update(id, { deletedAt: Date.now() }),
};

for (const [what, change] of Object.entries(CHANGES)) {
  test(`a sign-in that was checked before ${what} opens no session`, async (held) => {
    const user = await register(held);
    const arrived = held.gate.close();
    const signingIn = signIn(held);
    signingIn.catch(() => {});
    await arrived;
    await change(held, user);
    held.gate.open();
    await assert.rejects(signingIn, { code: "unauthenticated" });
    assert.equal(await live(held, user), 0);
  });
}

test("a sign-in without concurrent changes passes that check", async (held) => {
  const user = await register(held);
  const arrived = held.gate.close();
  const signingIn = signIn(held);
  await arrived;
  held.gate.open();
  assert.ok("pair" in await signingIn);
  assert.equal(await live(held, user), 1);
});

test("a second factor whose setup is restarted while its first code is checked is not confirmed", async (held) => {
  const user = await register(held);
  const caller = await callerOf(held, user);
  const { secret } = await held.auth.secondFactor.begin(caller);
  const code = await generate({ secret });
  const arrived = held.gate.close();
  const confirming = held.auth.secondFactor.confirm(caller, code);
  confirming.catch(() => {});
  await arrived;
  const second = await held.auth.secondFactor.begin(caller);
  held.gate.open();
  await assert.rejects(confirming, { code: "conflict" });
  assert.equal((await held.auth.secondFactor.state(caller)).enabled, false);
  const codes = await held.auth.secondFactor.confirm(
    caller,
    await generate({ secret: second.secret }),
  );
  assert.equal(codes.length, 10);
});

test("a setup that is begun while another one is confirmed replaces nothing", async (held) => {
  const user = await register(held);
  const caller = await callerOf(held, user);
  const { secret } = await held.auth.secondFactor.begin(caller);
  const arrived = held.sealGate.close();
  const beginning = held.auth.secondFactor.begin(caller);
  beginning.catch(() => {});
  await arrived;
  const codes = await held.auth.secondFactor.confirm(caller, await generate({ secret }));
  held.sealGate.open();
  await assert.rejects(beginning, { code: "conflict" });
  const state = await held.auth.secondFactor.state(caller);
  assert.deepEqual(state, { enabled: true, recoveryCodesLeft: codes.length });
});

test("of two concurrent confirmations one turns the second factor on", async (held) => {
  const caller = await callerOf(held, await register(held));
  const { secret } = await held.auth.secondFactor.begin(caller);
  const code = await generate({ secret });
  const both = await Promise.allSettled(
    [1, 2].map(() => held.auth.secondFactor.confirm(caller, code)),
  );
  assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  const [won] = both.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
  const signedIn = await signIn(held);
  assert.ok("challenge" in signedIn);
  const done = await held.auth.signIn.withChallenge(VISITOR, signedIn.challenge, won[0]);
  assert.ok("pair" in done, "the recovery codes that were shown are the valid ones");
});

test("a sign-in whose second factor is replaced while its code is checked opens no session", async (held) => {
  const user = await register(held);
  const caller = await callerOf(held, user);
  const { secret } = await held.auth.secondFactor.begin(caller);
  await held.auth.secondFactor.confirm(caller, await generate({ secret }));
  const begun = await signIn(held);
  assert.ok("challenge" in begun);
  held.ahead(30_000);
  const code = await generate({ secret, epoch: Math.floor((Date.now() + 30_000) / 1000) });
  const arrived = held.gate.close();
  const signingIn = held.auth.signIn.withChallenge(VISITOR, begun.challenge, code);
  signingIn.catch(() => {});
  await arrived;
  await held.store.users.update(user.id, { totp: totp(Date.now() + 1) });
  held.gate.open();
  await assert.rejects(signingIn, { code: "unauthenticated" });
  assert.equal(await live(held, user), 1, "the caller's own");
});

const PROVED = {
  "turns off": (held: HeldAuth, caller: Caller, code: string) =>
    held.auth.secondFactor.disable(caller, code),
  "renews the codes of": (held: HeldAuth, caller: Caller, code: string) =>
    held.auth.secondFactor.renewCodes(caller, code),
};

for (const [what, change] of Object.entries(PROVED)) {
  test(`a code of an earlier second factor neither changes nor ${what} the one that replaced it`, async (held) => {
    const user = await register(held);
    const caller = await callerOf(held, user);
    const { secret } = await held.auth.secondFactor.begin(caller);
    await held.auth.secondFactor.confirm(caller, await generate({ secret }));
    const arrived = held.gate.close();
    held.ahead(30_000);
    const code = await generate({ secret, epoch: Math.floor((Date.now() + 30_000) / 1000) });
    const changing = change(held, caller, code);
    changing.catch(() => {});
    await arrived;
    const replaced = totp(Date.now() + 1);
    const recoveryCodes = ["another"];
    await held.store.users.update(user.id, { totp: replaced, recoveryCodes });
    held.gate.open();
    await assert.rejects(changing, { code: "conflict" });
    const after = (await held.store.users.byId(user.id))!;
    assert.deepEqual([after.totp?.enabledAt, after.recoveryCodes], [replaced.enabledAt, [
      "another",
    ]]);
  });
}

test("of two concurrent renewals of recovery codes one succeeds, and its codes are the valid ones", async (held) => {
  const { secondFactor } = held.auth;
  const caller = await callerOf(held, await register(held));
  const { secret } = await secondFactor.begin(caller);
  const codes = await secondFactor.confirm(caller, await generate({ secret }));
  const arrived = held.gate.close();
  held.ahead(30_000);
  const code = await generate({ secret, epoch: Math.floor((Date.now() + 30_000) / 1000) });
  const slower = secondFactor.renewCodes(caller, code);
  slower.catch(() => {});
  await arrived;
  const renewed = await secondFactor.renewCodes(caller, codes[0]);
  held.gate.open();
  await assert.rejects(slower, { code: "conflict" });
  const signedIn = await signIn(held);
  assert.ok("challenge" in signedIn);
  const done = await held.auth.signIn.withChallenge(VISITOR, signedIn.challenge, renewed[0]);
  assert.ok("pair" in done);
});

test("an address is not confirmed with a password that was replaced while it was checked", async (held) => {
  const { id, emailKey } = await register(held);
  const tokens = new OneTimeTokens(held.store, { now: Date.now });
  const token = await tokens.issue("verify_email", id, { emailKey });
  const arrived = held.gate.close();
  const confirming = held.auth.emailConfirmation.confirm(VISITOR, { token, password: PASSWORD });
  confirming.catch(() => {});
  await arrived;
  await held.store.users.update(id, { passwordHash: "$2b$04$other" });
  held.gate.open();
  await assert.rejects(confirming, { code: "invalid_request" });
  assert.equal((await held.store.users.byId(id))!.emailVerifiedAt, null);
});
