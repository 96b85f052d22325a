import assert from "node:assert/strict";
import { AccountWorld, PASSWORD } from "../support/account_world.ts";
import { devicesOf, leaveDevices } from "../support/left_devices.ts";
import { enableSecondFactor } from "../support/second_factor.ts";
import { testedStores } from "../support/tested_stores.ts";
import { IdentityProvider } from "./identity_provider.ts";

/** Sign-in through providers: whose identity they prove, to whom, and how often. */

const CALLBACK = "https://app.example.com/callback";

type Run = (world: AccountWorld, provider: IdentityProvider) => Promise<void>;

const stores = testedStores();

function test(title: string, run: Run): void {
  for (const store of stores) {
    Deno.test({
      name: `${title} (${store.name})`,
      ignore: store.ignore,
      fn: async () => {
        await using provider = await IdentityProvider.start();
        const environment = { ...provider.environment, ...store.environment() };
        await using world = await AccountWorld.open(environment);
        await run(world, provider);
      },
    });
  }
}

const signIn = (world: AccountWorld, name: string, body: Record<string, unknown>) =>
  world.send("POST", `/api/auth/${name}`, body);

const google = (world: AccountWorld, body: Record<string, unknown>) =>
  signIn(world, "google", body);

for (const name of ["google", "facebook", "oidc/acme"]) {
  test(
    `${name}: an ID token is accepted only if signed by its provider, for this server, and currently valid`,
    async (world, provider) => {
      const now = Math.floor(Date.now() / 1000);
      const claims = provider.claims();
      const forged: Record<string, string | Promise<string>> = {
        "unsigned": provider.unsigned(claims),
        "the public key as an HMAC secret": provider.signByPublicKey(claims),
        "the client's secret as an HMAC key": provider.signBySecret(claims),
        "an unknown key": provider.signAsStranger(claims),
        "a key that is not published": provider.sign(claims, { kid: "two" }),
        "for another application": provider.sign(provider.claims({ aud: "other" })),
        "for several audiences, requested by another party": provider.sign(
          provider.claims({ aud: ["client", "other"], azp: "other" }),
        ),
        "by another issuer": provider.sign(provider.claims({ iss: "https://accounts.google.com" })),
        "by an issuer named alike": provider.sign(provider.claims({ iss: `${provider.issuer}.x` })),
        "expired": provider.sign(provider.claims({ iat: now - 700, exp: now - 60 })),
        "without an expiry": provider.sign(provider.claims({ exp: undefined })),
        "without a subject": provider.sign(provider.claims({ sub: "" })),
        "with a subject of any length": provider.sign(provider.claims({ sub: "s".repeat(256) })),
        "not yet": provider.sign(provider.claims({ nbf: now + 600 })),
      };
      for (const [what, idToken] of Object.entries(forged)) {
        const { status, body } = await signIn(world, name, { idToken: await idToken });
        assert.deepEqual([status, body.code], [401, "unauthenticated"], what);
      }
      const { status, body } = await signIn(world, name, { idToken: await provider.sign(claims) });
      assert.equal(status, 200, JSON.stringify(body));
    },
  );

  test(`${name}: a token with a nonce is accepted for that nonce only`, async (world, provider) => {
    const idToken = await provider.sign(provider.claims({ nonce: "mine" }));
    assert.equal((await signIn(world, name, { idToken, nonce: "other" })).status, 401);
    const plain = await provider.sign(provider.claims());
    assert.equal((await signIn(world, name, { idToken: plain, nonce: "mine" })).status, 401);
    assert.equal((await signIn(world, name, { idToken, nonce: "mine" })).status, 200);
  });

  test(
    `${name}: of many concurrent first sign-ins one creates the account, and all succeed`,
    async (world, provider) => {
      const idToken = await provider.sign(provider.claims({ email: undefined }));
      const answers = await Promise.all([1, 2, 3, 4].map((i) => {
        return signIn(world, name, { idToken, email: `ann${i}@example.org` });
      }));
      assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200, 200]);
      assert.equal(new Set(answers.map(({ body }) => body.user.id)).size, 1);
    },
  );
}

async function begin(world: AccountWorld, token?: string, provider = "google") {
  const input = { provider, redirectUri: CALLBACK };
  const { status, body } = await world.send("POST", "/api/auth/oauth/start", input, { token });
  assert.equal(status, 200, JSON.stringify(body));
  const query = new URL(body.url).searchParams;
  assert.equal(query.get("code_challenge_method"), "S256");
  return { state: body.state as string, nonce: query.get("nonce")! };
}

test(
  "a sign-in that a stranger started cannot be linked to the account of another user",
  async (world, provider) => {
    const { token } = await world.register("bob");
    const link = async (starter?: string) => {
      const { state, nonce } = await begin(world, starter);
      await provider.exchangesFor(provider.claims({ nonce }));
      const proof = { code: "code", state };
      return (await world.send("POST", "/api/auth/identities/google", proof, { token })).status;
    };
    assert.equal(await link(), 401);
    const linked = await world.send("GET", "/api/auth/identities", undefined, { token });
    assert.deepEqual(linked.body.items, []);
    assert.equal(await link(token), 204, "his own");
  },
);

test(
  "a state works once, for one provider, one address and its initiator, and expires",
  async (world, provider) => {
    const attempt = async (state: string, nonce: string, more: object = {}, token?: string) => {
      await provider.exchangesFor(provider.claims({ nonce }));
      const body = { code: "code", state, ...more };
      return (await world.send("POST", "/api/auth/google", body, { token })).status;
    };
    const created = await begin(world);
    assert.equal(await attempt("made-up", created.nonce), 401);
    const together = await Promise.all([1, 2, 3].map(() => attempt(created.state, created.nonce)));
    assert.deepEqual(together.sort(), [200, 401, 401]);
    assert.equal(await attempt(created.state, created.nonce), 401);
    const elsewhere = await begin(world);
    const other = { redirectUri: "https://evil.example/callback" };
    assert.equal(await attempt(elsewhere.state, elsewhere.nonce, other), 401);
    const googles = { code: "code", state: (await begin(world)).state };
    assert.equal((await signIn(world, "facebook", googles)).status, 401, "another provider");
    const replayed = await begin(world);
    assert.equal(await attempt(replayed.state, created.nonce), 401, "the nonce of another sign-in");
    const mallory = await world.register("mallory");
    const bob = await world.register("bob");
    const begun = await begin(world, mallory.token);
    assert.equal(await attempt(begun.state, begun.nonce, {}, bob.token), 401, "another user's");
    const fresh = await begin(world);
    world.ahead += 10 * 60_000 + 1;
    assert.equal(await attempt(fresh.state, fresh.nonce), 401, "too late");
    // The verifier that the server kept is sent along: a stolen code alone is useless.
    assert.ok(provider.exchanges.length > 0);
    for (const { code_verifier, redirect_uri } of provider.exchanges) {
      assert.match(code_verifier, /^[\w-]{43}$/);
      assert.equal(redirect_uri, CALLBACK);
    }
  },
);

test(
  "an account cannot be taken over through an address, whichever provider claims it",
  async (world, provider) => {
    const ann = await world.register("ann");
    for (const email_verified of [false, "false", undefined, true]) {
      for (const email of [ann.email, ann.email.toUpperCase()]) {
        const claims = provider.claims({ sub: "attacker", email, email_verified });
        const { status, body } = await google(world, { idToken: await provider.sign(claims) });
        assert.deepEqual([status, body.code, body.accessToken], [409, "conflict", undefined]);
      }
    }
    const claims = provider.claims({ sub: "attacker", email: undefined });
    const chosen = { idToken: await provider.sign(claims), email: ann.email };
    assert.equal((await google(world, chosen)).status, 409, "an address chosen in the request");
    assert.equal((await world.login("ann")).status, 200);
  },
);

test(
  "an address that a provider did not confirm counts as unconfirmed",
  async (world, provider) => {
    for (const [i, email_verified] of [false, "false", "yes", 1, undefined].entries()) {
      const claims = provider.claims({ sub: `s${i}`, email: `p${i}@example.org`, email_verified });
      const { status, body } = await google(world, { idToken: await provider.sign(claims) });
      assert.deepEqual([status, body.user?.emailVerifiedAt], [200, null], String(email_verified));
    }
    for (const [i, email] of [undefined, 7, null].entries()) {
      const claims = provider.claims({ sub: `n${i}`, email, email_verified: true });
      const chosen = { idToken: await provider.sign(claims), email: `chosen${i}@example.org` };
      const { status, body } = await google(world, chosen);
      const seen = [status, body.user?.email, body.user?.emailVerifiedAt];
      assert.deepEqual(seen, [200, chosen.email, null], "it confirmed no address");
    }
  },
);

test(
  "an attacker who opened an account with another person's address is locked out when its owner signs in",
  async (world, provider) => {
    const mallory = await world.register("ann");
    await enableSecondFactor(world, mallory);
    const link = { idToken: await provider.sign(provider.claims({ sub: "m", email: "m@x.org" })) };
    const linked = await world.send("POST", "/api/auth/identities/google", link, mallory);
    assert.equal(linked.status, 204, JSON.stringify(linked.body));
    const changed = await world.send("PUT", "/api/auth/email", { email: "m@x.org" }, mallory);
    assert.equal(changed.status, 202);
    const pending = await world.linkToken("m@x.org", /./);
    await leaveDevices(world, mallory.token);
    // The owner finds the name taken, and requests a new password.
    await world.send("POST", "/api/auth/password/forgot", { email: mallory.email });
    const token = await world.linkToken(mallory.email, /password/i);
    const reset = { token, password: "the owner's own" };
    assert.equal((await world.send("POST", "/api/auth/password/reset", reset)).status, 204);
    // The link is used as its account's owner would use it: it must be gone, not just not enough.
    const ways: Record<string, Promise<{ status: number }>> = {
      "the session": world.send("GET", "/api/users/profile", undefined, mallory),
      "the refresh token": world.send("POST", "/api/auth/refresh-token", {
        refreshToken: mallory.refreshToken,
      }),
      "the password": world.login("ann", PASSWORD),
      "the link to change the address": world.send("POST", "/api/auth/email/change", {
        token: pending,
        password: reset.password,
      }),
    };
    const statuses = (await Promise.all(Object.values(ways))).map(({ status }) => status);
    assert.deepEqual(statuses, [401, 401, 401, 400], Object.keys(ways).join());
    const byProvider = await google(world, link);
    assert.equal(byProvider.status, 200, JSON.stringify(byProvider.body));
    assert.notEqual(byProvider.body.user.username, "ann", "the linked provider");
    const owner = await world.login("ann", "the owner's own");
    assert.equal(owner.status, 200);
    assert.ok(owner.body.accessToken, "the stranger's second factor is not required");
    assert.deepEqual(await devicesOf(world, owner.body.accessToken), [[], []]);
  },
);

test(
  "a name is one line of whole characters, whatever a provider sends",
  async (world, provider) => {
    const names = {
      "Ann\r\nBcc: x": "Ann Bcc: x",
      [`a${"🎈".repeat(200)}`]: `a${"🎈".repeat(99)}`,
    };
    for (const [i, [name, shown]] of Object.entries(names).entries()) {
      const claims = provider.claims({ sub: `n${i}`, email: `n${i}@example.org`, name });
      const { status, body } = await google(world, { idToken: await provider.sign(claims) });
      assert.deepEqual([status, body.user?.displayName], [200, shown]);
    }
  },
);
