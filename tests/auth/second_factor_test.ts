import assert from "node:assert/strict";
import { generate } from "otplib";
import { type Account, type AccountWorld, onBothStores } from "../support/account_world.ts";
import { eventually } from "../support/eventually.ts";
import { enableSecondFactor } from "../support/second_factor.ts";

const test = onBothStores();

/** Moves the clock to the next time step, which has another code. */
function nextStep(world: AccountWorld): void {
  world.ahead += 30_000;
}

test("a second factor is set up with a code and required from then on", async (world) => {
  const ann = await world.register("ann");
  const isEnabled = async () =>
    (await world.send("GET", "/api/users/profile", undefined, { token: ann.token })).body
      .twoFactorEnabled;
  assert.equal(await isEnabled(), false);
  const { begun, recoveryCodes, codeNow } = await enableSecondFactor(world, ann);
  assert.equal(await isEnabled(), true);
  assert.match(begun.otpauthUrl, /^otpauth:\/\/totp\/RealTimeChat/);
  assert.match(begun.qrSvg, /^<svg/);
  assert.equal(new Set(recoveryCodes).size, 10);
  const state = await world.send("GET", "/api/auth/2fa", undefined, { token: ann.token });
  assert.deepEqual(state.body, { enabled: true, recoveryCodesLeft: 10 });
  const first = await world.login("ann");
  assert.equal(first.status, 200);
  assert.equal(first.body.twoFactorRequired, true);
  assert.equal(first.body.accessToken, undefined);
  nextStep(world);
  const { challenge } = first.body;
  const code = await codeNow();
  const second = await world.send("POST", "/api/auth/2fa/verify", { challenge, code });
  assert.equal(second.status, 200, JSON.stringify(second.body));
  assert.equal(second.body.user.id, ann.id);
  const again = await world.send("POST", "/api/auth/2fa/verify", { challenge, code });
  assert.equal(again.status, 401, "the challenge works once");
});

test("a code works once, in any sign-in", async (world) => {
  const ann = await world.register("ann");
  const { codeNow, setupCode } = await enableSecondFactor(world, ann);
  const verify = async (code: string) => {
    const { body } = await world.login("ann");
    return await world.send("POST", "/api/auth/2fa/verify", { challenge: body.challenge, code });
  };
  assert.equal((await verify(setupCode)).status, 401, "it was used to set up");
  nextStep(world);
  const code = await codeNow();
  const both = await Promise.all([verify(code), verify(code)]);
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 401]);
});

test("a recovery code works once, and its owner is notified", async (world) => {
  const ann = await world.register("ann");
  const { recoveryCodes } = await enableSecondFactor(world, ann);
  const verify = async () => {
    const { body } = await world.login("ann");
    const code = recoveryCodes[0].toLowerCase();
    return await world.send("POST", "/api/auth/2fa/verify", { challenge: body.challenge, code });
  };
  assert.equal((await verify()).status, 200);
  assert.equal((await verify()).status, 401);
  const { body } = await world.send("GET", "/api/audit", undefined, { token: ann.token });
  const actions = body.items.map(({ action }: { action: string }) => action);
  assert.ok(actions.includes("second_factor.recovery_code_used"));
});

test("a challenge allows five attempts and expires", async (world) => {
  const ann = await world.register("ann");
  const { codeNow } = await enableSecondFactor(world, ann);
  nextStep(world);
  const { body: { challenge } } = await world.login("ann");
  for (let i = 0; i < 5; i++) {
    const wrong = await world.send("POST", "/api/auth/2fa/verify", { challenge, code: "000000" });
    assert.equal(wrong.status, 401);
  }
  const code = await codeNow();
  const late = await world.send("POST", "/api/auth/2fa/verify", { challenge, code });
  assert.equal(late.status, 401, "the attempts are used up");
  const { body } = await world.login("ann");
  world.ahead += 5 * 60_000;
  const fresh = await codeNow();
  const over = await world.send("POST", "/api/auth/2fa/verify", {
    challenge: body.challenge,
    code: fresh,
  });
  assert.equal(over.status, 401, "it has expired");
});

test("the fifth attempt at a challenge may be the right one", async (world) => {
  const ann = await world.register("ann");
  const { recoveryCodes: [right] } = await enableSecondFactor(world, ann);
  const { body: { challenge } } = await world.login("ann");
  const statuses: number[] = [];
  for (const code of [...Array<string>(4).fill("000000"), right, right]) {
    const input = { challenge, code };
    statuses.push((await world.send("POST", "/api/auth/2fa/verify", input)).status);
  }
  assert.deepEqual(statuses, [401, 401, 401, 401, 200, 401]);
});

test("a code proves nothing for an account without a second factor", async (world) => {
  const ann = await world.register("ann");
  await world.send("POST", "/api/auth/2fa/enable", {}, ann);
  const proof = await world.send("POST", "/api/auth/reauthenticate", { code: "123456" }, ann);
  assert.deepEqual([proof.status, proof.body.code], [409, "conflict"]);
});

test("wrong codes are counted per account, across challenges", async (world) => {
  await enableSecondFactor(world, await world.register("ann"));
  let refused = 0;
  for (let i = 0; i < 12; i++) {
    const { body } = await world.login("ann");
    const input = { challenge: body.challenge, code: "000000" };
    const { status } = await world.send("POST", "/api/auth/2fa/verify", input);
    if (status === 429) refused++;
  }
  assert.equal(refused, 2);
});

test("disabling the second factor requires a code and a recent proof", async (world) => {
  const ann = await world.register("ann");
  const { codeNow, recoveryCodes } = await enableSecondFactor(world, ann);
  const disable = (code: string) =>
    world.send("POST", "/api/auth/2fa/disable", { code }, { token: ann.token });
  assert.equal((await disable("000000")).status, 401);
  world.ahead += 11 * 60_000;
  const stale = await disable(await codeNow());
  assert.deepEqual([stale.status, stale.body.code], [403, "reauthentication_required"]);
  const proof = await world.send("POST", "/api/auth/reauthenticate", {
    code: await codeNow(),
  }, { token: ann.token });
  assert.equal(proof.status, 200, JSON.stringify(proof.body));
  assert.equal((await disable(recoveryCodes[3])).status, 204);
  assert.ok((await world.login("ann")).body.accessToken);
});

test("renewing recovery codes invalidates the old ones", async (world) => {
  const ann = await world.register("ann");
  const { codeNow, recoveryCodes } = await enableSecondFactor(world, ann);
  nextStep(world);
  const renewed = await world.send("POST", "/api/auth/2fa/recovery-codes", {
    code: await codeNow(),
  }, { token: ann.token });
  assert.equal(renewed.status, 200);
  const { body } = await world.login("ann");
  const { challenge } = body;
  const old = { challenge, code: recoveryCodes[0] };
  assert.equal((await world.send("POST", "/api/auth/2fa/verify", old)).status, 401);
  const fresh = { challenge, code: renewed.body.recoveryCodes[0] };
  assert.equal((await world.send("POST", "/api/auth/2fa/verify", fresh)).status, 200);
});

test("setting up a second factor again is refused while it is on, and survives a wrong first code", async (world) => {
  const { token } = await world.register("ann");
  const verify = (code: string) => world.send("POST", "/api/auth/2fa/verify", { code }, { token });
  assert.equal((await verify("123456")).status, 409, "the setup was not started");
  const { body } = await world.send("POST", "/api/auth/2fa/enable", {}, { token });
  const wrong = await verify("000000");
  assert.deepEqual([wrong.status, wrong.body.errors[0].path], [400, "code"]);
  assert.equal(
    (await verify(await generate({ secret: body.secret, epoch: Math.floor(world.now() / 1000) })))
      .status,
    200,
  );
  const again = await world.send("POST", "/api/auth/2fa/enable", {}, { token });
  assert.equal(again.status, 409);
  assert.equal((await world.send("POST", "/api/auth/2fa/verify", { code: "123456" })).status, 401);
});

test("the secret is sealed at rest, and recovery codes are hashed", async (world) => {
  const ann = await world.register("ann");
  const { begun, recoveryCodes } = await enableSecondFactor(world, ann);
  const store = await world.openStore();
  const row = JSON.stringify(await store.users.byId(ann.id));
  await store.close();
  assert.ok(!row.includes(begun.secret));
  for (const code of recoveryCodes) assert.ok(!row.includes(code.replaceAll("-", "")));
});

test("a recovery code works even if the secret cannot be decrypted any more", async (world) => {
  const ann = await world.register("ann");
  const { recoveryCodes } = await enableSecondFactor(world, ann);
  const store = await world.openStore();
  const { totp } = (await store.users.byId(ann.id))!;
  await store.users.update(ann.id, { totp: { ...totp!, sealedSecret: "under another key" } });
  await store.close();
  const { body: { challenge } } = await world.login("ann");
  const code = recoveryCodes[0];
  const { status, body } = await world.send("POST", "/api/auth/2fa/verify", { challenge, code });
  assert.equal(status, 200, JSON.stringify(body));
});

test("a code of a secret whose key is gone is refused as conflict, as often as it is tried", async (world) => {
  const [ann, bob] = [await world.register("ann"), await world.register("bob")];
  const { codeNow, recoveryCodes } = await enableSecondFactor(world, ann);
  await world.send("POST", "/api/auth/2fa/enable", {}, { token: bob.token });
  await world.restart({ ENCRYPTION_KEY: "d4".repeat(32), JWT_SECRET: "another secret ".repeat(4) });
  const token = (await world.login("bob")).body.accessToken;
  const setup = await world.send("POST", "/api/auth/2fa/verify", { code: "123456" }, { token });
  assert.deepEqual([setup.status, setup.body.code], [409, "conflict"]);
  assert.match(setup.body.detail, /begin the setup again/);
  // More often than wrong codes are allowed to be tried.
  for (let i = 0; i < 12; i++) {
    nextStep(world);
    const { body: { challenge } } = await world.login("ann");
    const input = { challenge, code: await codeNow() };
    const { status, body } = await world.send("POST", "/api/auth/2fa/verify", input);
    assert.deepEqual([status, body.code], [409, "conflict"], JSON.stringify(body));
    assert.match(body.detail, /use a recovery code/);
  }
  assert.ok(world.warnings.some((line) => /Second factor cannot be decrypted/.test(line)));
  const { body: { challenge } } = await world.login("ann");
  const code = recoveryCodes[0];
  const done = await world.send("POST", "/api/auth/2fa/verify", { challenge, code });
  assert.equal(done.status, 200);
  const authorized = { token: done.body.accessToken };
  const off = await world.send("POST", "/api/auth/2fa/disable", {
    code: recoveryCodes[1],
  }, authorized);
  assert.equal(off.status, 204, "and a new one can be set up");
});

test("a secret is sealed again, under the current key, when its owner uses a code", async (world) => {
  const ann = await world.register("ann");
  const { codeNow } = await enableSecondFactor(world, ann);
  const before = await sealedSecretOf(world, ann);
  await world.restart({ ENCRYPTION_KEY: "a1".repeat(32) });
  const signIn = async () => {
    nextStep(world);
    const { body: { challenge } } = await world.login("ann");
    const code = await codeNow();
    return await world.send("POST", "/api/auth/2fa/verify", { challenge, code });
  };
  assert.equal((await signIn()).status, 200, "sealed under a derived key");
  const resealed = await eventually("it is sealed again", async () => {
    const sealed = await sealedSecretOf(world, ann);
    return sealed !== before && sealed;
  });
  const [next, previous] = ["b2".repeat(32), "a1".repeat(32)];
  await world.restart({ ENCRYPTION_KEY: next, ENCRYPTION_KEY_PREVIOUS: previous });
  assert.equal(await sealedSecretOf(world, ann), resealed);
  const { body: { accessToken } } = await signIn();
  nextStep(world);
  const code = await codeNow();
  const off = await world.send("POST", "/api/auth/2fa/disable", { code }, { token: accessToken });
  assert.equal(off.status, 204, "while it may be sealed again");
});

async function sealedSecretOf(world: AccountWorld, { id }: Account): Promise<string> {
  const store = await world.openStore();
  const user = await store.users.byId(id);
  await store.close();
  return user!.totp!.sealedSecret;
}
