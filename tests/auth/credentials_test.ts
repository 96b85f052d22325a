import assert from "node:assert/strict";
import { BcryptHasher } from "../../src/auth/password_hasher_bcrypt.ts";
import { onBothStores, PASSWORD } from "../support/account_world.ts";
import { eventually } from "../support/eventually.ts";

const test = onBothStores();
const NEW = "another good password";

test("changing the password ends other sessions and requires the old password or a recent proof", async (world) => {
  const ann = await world.register("ann");
  const other = (await world.login("ann")).body.accessToken;
  const change = (body: unknown) => world.send("PUT", "/api/auth/password", body, ann);
  const wrong = await change({ currentPassword: "wrong", newPassword: NEW });
  assert.equal(wrong.status, 401);
  assert.equal((await change({ currentPassword: PASSWORD, newPassword: "short" })).status, 400);
  assert.equal((await change({ currentPassword: PASSWORD, newPassword: NEW })).status, 204);
  const profile = (token: string) => world.send("GET", "/api/users/profile", undefined, { token });
  assert.equal((await profile(ann.token)).status, 200);
  assert.equal((await profile(other)).status, 401);
  assert.equal((await world.login("ann")).status, 401);
  assert.equal((await world.login("ann", NEW)).status, 200);
  world.ahead += 11 * 60_000;
  const stale = await change({ newPassword: PASSWORD });
  assert.deepEqual([stale.status, stale.body.code], [403, "reauthentication_required"]);
  const wrongProof = await world.send("POST", "/api/auth/reauthenticate", { password: "x" }, ann);
  assert.equal(wrongProof.status, 401);
  const proof = await world.send("POST", "/api/auth/reauthenticate", { password: NEW }, ann);
  assert.equal(proof.status, 200);
  assert.equal((await change({ newPassword: PASSWORD })).status, 204);
});

test("every operation that changes credentials requires a recent proof", async (world) => {
  const ann = await world.register("ann");
  world.ahead += 10 * 60_000;
  const requests: [string, string, unknown][] = [
    ["PUT", "/api/auth/password", { newPassword: NEW }],
    ["PUT", "/api/auth/email", { email: "new@example.org" }],
    ["PUT", "/api/auth/username", { username: "anna" }],
    ["POST", "/api/auth/2fa/enable", {}],
    ["POST", "/api/auth/2fa/disable", { code: "000000" }],
    ["POST", "/api/auth/2fa/recovery-codes", { code: "000000" }],
    ["POST", "/api/auth/identities/google", { idToken: "x" }],
    ["DELETE", "/api/auth/identities/google", undefined],
    ["DELETE", "/api/users/profile", undefined],
  ];
  for (const [method, path, body] of requests) {
    const answer = await world.send(method, path, body, ann);
    assert.equal(answer.body.code, "reauthentication_required", `${method} ${path}`);
  }
  const both = await world.send("POST", "/api/auth/reauthenticate", {
    password: PASSWORD,
    code: "000000",
  }, ann);
  assert.equal(both.status, 400, "one proof at a time");
});

test("a reset link works once, ends all sessions, and does not reveal whether an account exists", async (world) => {
  const ann = await world.register("ann");
  const forgot = (email: string) => world.send("POST", "/api/auth/password/forgot", { email });
  const [existing, unknown] = [await forgot("ANN@example.org"), await forgot("nobody@example.org")];
  assert.deepEqual([existing.status, existing.body], [unknown.status, unknown.body]);
  assert.equal(existing.status, 202);
  const { link } = await world.mail(ann.email, /new password/);
  assert.match(link!, /^https:\/\/chat\.example\.org\/account\/reset-password\?token=/);
  const token = await world.linkToken(ann.email, /new password/);
  const reset = (token: string) =>
    world.send("POST", "/api/auth/password/reset", { token, password: NEW });
  const verify = await world.send("POST", "/api/auth/email/verify", { token });
  assert.equal(verify.status, 400, "a token of another purpose");
  assert.equal((await reset(token)).status, 204);
  const again = await reset(token);
  assert.equal(again.status, 400);
  assert.deepEqual(again.body.errors, [{ path: "token", message: again.body.detail }]);
  assert.equal((await world.send("GET", "/api/users/profile", undefined, ann)).status, 401);
  const signedIn = await world.login("ann", NEW);
  assert.equal(signedIn.status, 200);
  assert.notEqual(
    signedIn.body.user.emailVerifiedAt,
    null,
    "access to the mailbox proves the address",
  );
  assert.ok(!world.mails.some(({ to }) => to === "nobody@example.org"));
});

test("a reset link expires, and a newer one replaces it", async (world) => {
  const ann = await world.register("ann");
  const forgot = async (count: number) => {
    await world.send("POST", "/api/auth/password/forgot", { email: ann.email });
    const sent = () => world.mails.filter(({ subject }) => /new password/.test(subject));
    await eventually("the mail is sent", () => sent().length === count);
    return await world.linkToken(ann.email, /new password/);
  };
  const [first, second] = [await forgot(1), await forgot(2)];
  const reset = (token: string) =>
    world.send("POST", "/api/auth/password/reset", { token, password: NEW });
  assert.equal((await reset(first)).status, 400);
  world.ahead += 60 * 60_000;
  assert.equal((await reset(second)).status, 400);
  assert.equal((await world.login("ann")).status, 200);
});

test("tokens of links are hashed at rest", async (world) => {
  const ann = await world.register("ann");
  const token = await world.linkToken(ann.email, /Confirm/);
  const store = await world.openStore();
  const found = await store.oneTimeTokens.byId(token, world.now());
  const purged = await store.oneTimeTokens.deleteForUser(ann.id);
  await store.close();
  assert.deepEqual([found, purged], [null, 1]);
});

test("registering sends a link that confirms the address, once", async (world) => {
  const ann = await world.register("ann");
  const token = await world.linkToken(ann.email, /Confirm/);
  const verify = () => world.send("POST", "/api/auth/email/verify", { token }, ann);
  assert.equal((await verify()).status, 204);
  assert.equal((await verify()).status, 400);
  const { body } = await world.send("GET", "/api/users/profile", undefined, ann);
  assert.notEqual(body.emailVerifiedAt, null);
});

test("the address changes when the new one is confirmed, and the old one is notified", async (world) => {
  const [ann, bob] = [await world.register("ann"), await world.register("bob")];
  const confirm = await world.linkToken(ann.email, /Confirm/);
  await world.send("POST", "/api/auth/email/verify", { token: confirm }, ann);
  const ask = (email: string) => world.send("PUT", "/api/auth/email", { email }, ann);
  assert.equal((await ask(bob.email)).status, 202, "does not reveal whether it has an account");
  assert.equal((await ask(ann.email)).status, 409);
  assert.equal((await ask("Anna@Example.net")).status, 202);
  const token = await world.linkToken("Anna@Example.net", /new e-mail/);
  await world.mail(ann.email, /Your e-mail address/);
  const own = () => world.send("GET", "/api/users/profile", undefined, ann);
  assert.equal((await own()).body.email, ann.email, "not before it is confirmed");
  await world.send("POST", "/api/auth/password/forgot", { email: ann.email });
  const reset = await world.linkToken(ann.email, /new password/);
  assert.equal((await world.send("POST", "/api/auth/email/change", { token }, ann)).status, 204);
  assert.equal((await own()).body.email, "Anna@Example.net");
  const old = await world.send("POST", "/api/auth/password/reset", { token: reset, password: NEW });
  assert.equal(old.status, 400, "links to the old address no longer work");
  assert.ok(!world.mails.some(({ to, subject }) => to === bob.email && /new e-mail/.test(subject)));
  assert.equal((await world.login("anna@example.net")).status, 200);
});

test("a new password ends links that were sent before it, by a change and by a reset", async (world) => {
  const begin = async (name: string) => {
    const ann = await world.register(name);
    const { email } = ann;
    const verify = await world.linkToken(email, /Confirm/);
    await world.send("PUT", "/api/auth/email", { email: `${name}@thief.example` }, ann);
    const change = await world.linkToken(`${name}@thief.example`, /new e-mail/);
    await world.send("POST", "/api/auth/password/forgot", { email });
    const reset = await world.linkToken(email, /new password/);
    return { ann, verify, change, reset };
  };
  const useAll = async (
    { verify, change, reset }: Record<"verify" | "change" | "reset", string>,
  ) => {
    const uses = [
      ["email/change", { token: change, password: NEW }],
      ["password/reset", { token: reset, password: "the thief's own choice" }],
      ["email/verify", { token: verify, password: NEW }],
    ] as const;
    const statuses: number[] = [];
    for (const [path, body] of uses) {
      statuses.push((await world.send("POST", `/api/auth/${path}`, body)).status);
    }
    return statuses;
  };
  const { ann, ...links } = await begin("ann");
  const change = { currentPassword: PASSWORD, newPassword: NEW };
  assert.equal((await world.send("PUT", "/api/auth/password", change, ann)).status, 204);
  // The account's own address can still be confirmed, with the new password.
  assert.deepEqual(await useAll(links), [400, 400, 204]);
  const { ann: bob, ...his } = await begin("bob");
  const chosen = { token: his.reset, password: NEW };
  assert.equal((await world.send("POST", "/api/auth/password/reset", chosen)).status, 204);
  assert.deepEqual(await useAll(his), [400, 400, 400]);
  assert.equal((await world.login(bob.username, NEW)).status, 200);
});

test("a password hashed at another cost is hashed again at its next use", async (world) => {
  const ann = await world.register("ann");
  const hasher = new BcryptHasher(6);
  const passwordHash = await hasher.hash(PASSWORD);
  hasher.close();
  const store = await world.openStore();
  await store.users.update(ann.id, { passwordHash });
  assert.equal((await world.login("ann", "wrong")).status, 401);
  assert.equal((await store.users.byId(ann.id))!.passwordHash, passwordHash);
  const logins = await Promise.all([1, 2, 3, 4].map(() => world.login("ann")));
  assert.deepEqual(logins.map(({ status }) => status), [200, 200, 200, 200]);
  assert.match((await store.users.byId(ann.id))!.passwordHash!, /^\$2[aby]\$04\$/);
  await store.close();
  assert.equal((await world.login("ann")).status, 200);
});

test("the username changes, if it is free", async (world) => {
  const [ann] = [await world.register("ann"), await world.register("bob")];
  const rename = (username: string) => world.send("PUT", "/api/auth/username", { username }, ann);
  const taken = await rename("BOB");
  assert.deepEqual([taken.status, taken.body.errors[0].path], [409, "username"]);
  assert.equal((await rename("anna")).body.username, "anna");
  assert.equal((await world.login("anna")).status, 200);
  assert.equal((await world.login("ann")).status, 401);
});

test("a name that was given up is held for its owner for 30 days, one an account", async (world) => {
  const ann = await world.register("ann");
  const rename = async (username: string, by = ann) => {
    const { status, body } = await world.send("PUT", "/api/auth/username", { username }, by);
    return [status, body.errors?.[0].path];
  };
  const FREE = [200, undefined];
  const TAKEN = [409, "username"];
  assert.deepEqual(await rename("anna"), FREE);
  const eve = await world.register("eve");
  assert.deepEqual(await rename("ann", eve), TAKEN);
  const account = { username: "ANN", email: "ann@example.com", password: PASSWORD };
  const { status, body } = await world.send("POST", "/api/auth/register", account);
  assert.deepEqual([status, body.errors[0].path], TAKEN);
  assert.deepEqual(await rename("annika"), FREE);
  assert.deepEqual(await rename("anna", eve), FREE, "many renames hold no more names");
  assert.deepEqual(await rename("ann", eve), TAKEN);
  assert.deepEqual(await rename("ann"), FREE, "its owner may return to it");
  assert.deepEqual(await rename("annika"), FREE);
  assert.deepEqual(await rename("ann", eve), TAKEN);
  world.ahead += 30 * 86_400_000;
  const { accessToken: token } = (await world.login("anna")).body;
  assert.deepEqual(await rename("ann", { ...eve, token }), FREE);
});

test("a failed rename holds no name", async (world) => {
  const [ann] = [await world.register("ann"), await world.register("bob")];
  const rename = async (username: string) =>
    (await world.send("PUT", "/api/auth/username", { username }, ann)).status;
  assert.equal(await rename("bob"), 409);
  assert.equal(await rename("anna"), 200);
  const store = await world.openStore();
  assert.equal((await store.users.byUsernameKey("anna"))!.id, ann.id);
  assert.equal(await store.oneTimeTokens.deleteForUser(ann.id, ["held_username"]), 2);
  await store.close();
});

test("link pages need no script, and opening a link does not use it up", async (world) => {
  const ann = await world.register("ann");
  const token = await world.linkToken(ann.email, /Confirm/);
  const path = `/account/verify-email?token=${token}`;
  for (let i = 0; i < 2; i++) {
    const page = await world.send("GET", path);
    assert.equal(page.status, 200);
    assert.match(page.body, /<form method="post">/);
    assert.doesNotMatch(page.body, /<script/);
  }
  const post = (fields: Record<string, string>) =>
    world.fetch(
      new Request(`http://chat.example${path}`, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams(fields),
      }),
    ).then(async (response) => ({ status: response.status, text: await response.text() }));
  const wrong = await post({ token, password: "wrong" });
  assert.deepEqual([wrong.status, /password is wrong/.test(wrong.text)], [401, true]);
  assert.match(wrong.text, /<form method="post">/, "it can be typed again");
  const done = await post({ token, password: PASSWORD });
  assert.deepEqual([done.status, /confirmed/.test(done.text)], [200, true]);
  assert.equal((await post({ token, password: PASSWORD })).status, 400);
  const over = await world.send("GET", path);
  assert.match(over.body, /used before or has expired/);
  assert.doesNotMatch(over.body, /<form/);
  const evil = await world.send(
    "GET",
    `/account/verify-email?token=${encodeURIComponent('"><b>')}`,
  );
  assert.ok(!evil.body.includes("<b>"));
});

test("password guesses are limited by name and network, and the owner can still sign in", async (world) => {
  await world.register("ann");
  const stranger = { "x-forwarded-for": "198.51.100.1" };
  const owner = { "x-forwarded-for": "203.0.113.1" };
  const tries = await Promise.all(
    Array.from({ length: 12 }, () => world.login("ann", "x", stranger)),
  );
  const refused = tries.filter(({ status }) => status === 429);
  assert.equal(refused.length, 2, "all at once");
  assert.ok(Number(refused[0].headers.get("retry-after")) > 0);
  assert.equal((await world.login("ann", PASSWORD, stranger)).status, 429);
  assert.equal((await world.login("ann", PASSWORD, owner)).status, 200);
  for (let i = 0; i < 11; i++) {
    assert.equal((await world.login("ann", PASSWORD, owner)).status, 200);
  }
  world.ahead += 15 * 60_000;
  assert.equal((await world.login("ann", PASSWORD, stranger)).status, 200, "it passes");
});

test("attempts on names without an account are counted too", async (world) => {
  const codes: number[] = [];
  for (let i = 0; i < 11; i++) codes.push((await world.login("nobody", "x")).status);
  assert.deepEqual(codes, [...Array(10).fill(401), 429]);
});
