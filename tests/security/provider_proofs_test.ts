import assert from "node:assert/strict";
import { AccountWorld } from "../support/account_world.ts";
import { testedStores } from "../support/tested_stores.ts";
import { IdentityProvider } from "./identity_provider.ts";

/** Proofs of identity by a provider: their age, their owner, and the notices about them. */

interface Party {
  world: AccountWorld;
  provider: IdentityProvider;
  /** Signs in, or links to the account of `token`. */
  send(path: string, body: unknown, token?: string): ReturnType<AccountWorld["send"]>;
  sign(claims: Record<string, unknown>): Promise<string>;
}

/** Each provider by its name, and the path of a sign-in by it. */
const PROVIDERS = { google: "google", facebook: "facebook", acme: "oidc/acme" };

function test(title: string, run: (name: string, path: string, party: Party) => Promise<void>) {
  for (const { name: store, ignore, environment } of testedStores()) {
    for (const [name, path] of Object.entries(PROVIDERS)) {
      Deno.test({
        name: `${name}: ${title} (${store})`,
        ignore,
        fn: async () => {
          await using provider = await IdentityProvider.start();
          const variables = { ...provider.environment, ...environment() };
          await using world = await AccountWorld.open(variables);
          await run(name, path, {
            world,
            provider,
            send: (to, body, token) => world.send("POST", `/api/auth/${to}`, body, { token }),
            sign: (claims) => provider.sign(provider.claims(claims)),
          });
        },
      });
    }
  }
}

test("an ID token proves identity for five minutes, to the person it is linked to", async (
  provider,
  path,
  { send, sign },
) => {
  // The longest subject that OpenID Connect allows.
  const ann = { sub: "a".repeat(255) }, bob = { sub: "b", email: "bob@example.org" };
  const up = await send(path, { idToken: await sign(ann), email: "ann@example.org" });
  assert.equal(up.status, 200, JSON.stringify(up.body));
  assert.equal((await send(path, { idToken: await sign(bob) })).status, 200);
  const prove = async (claims: Record<string, unknown>) => {
    const proof = { provider, idToken: await sign(claims) };
    return (await send("reauthenticate", proof, up.body.accessToken)).status;
  };
  const now = Math.floor(Date.now() / 1000);
  assert.equal(await prove(ann), 200);
  assert.equal(await prove({ ...ann, iat: now - 240 }), 200);
  assert.equal(await prove({ ...ann, iat: now - 310 }), 401, "too old");
  assert.equal(await prove(bob), 401, "another person's");
});

test("what the server kept for a state counts, whatever comes with it", async (
  provider,
  path,
  { world, provider: idp, send, sign },
) => {
  const redirectUri = "https://app.example.com/callback";
  const begin = async () => {
    const { body } = await send("oauth/start", { provider, redirectUri });
    return { state: body.state as string, nonce: new URL(body.url).searchParams.get("nonce")! };
  };
  const [stolen, own] = [await begin(), await begin()];
  const proof = { idToken: await sign({ nonce: "stolen" }), nonce: "stolen" };
  assert.notEqual((await send(path, { ...proof, state: stolen.state })).status, 200);
  const { state, nonce } = own;
  const good = { idToken: await sign({ nonce }), state };
  assert.equal((await send(path, good)).status, 200);
  if (provider === "facebook") return;
  const third = await begin();
  await idp.exchangesFor(idp.claims({ nonce: third.nonce }));
  const code = { code: "code", state: third.state, codeVerifier: "x".repeat(43) };
  const { status } = await world.send("POST", `/api/auth/${path}`, code);
  assert.ok(status === 200 || status === 400, String(status));
  assert.ok(idp.exchanges.every(({ code_verifier }) => code_verifier !== code.codeVerifier));
});

test("linking and unlinking are announced to the confirmed address", async (
  provider,
  path,
  { world, send, sign },
) => {
  const bob = await world.register("bob");
  const confirmation = { token: await world.linkToken(bob.email, /Confirm/) };
  assert.equal((await send("email/verify", confirmation, bob.token)).status, 204);
  const proof = { idToken: await sign({ sub: "b" }) };
  assert.equal((await send(`identities/${provider}`, proof, bob.token)).status, 204, path);
  await world.mail(bob.email, /^Sign-in linked/);
  const unlinked = await world.send("DELETE", `/api/auth/identities/${provider}`, undefined, bob);
  assert.equal(unlinked.status, 204);
  await world.mail(bob.email, /^Sign-in unlinked/);
});
