import assert from "node:assert/strict";
import {
  EncryptJWT,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
  type SignOptions,
  UnsecuredJWT,
} from "jose";
import { encode as encodeBase64Url } from "jose/base64url";
import { backendOf } from "../support/api_keys.ts";
import { OwnIssuer } from "../support/own_issuer.ts";
import { ownTokenTests } from "../support/own_token_tests.ts";
import { RunningApp } from "../support/running_app.ts";
import { TRANSPORTS } from "../support/transports.ts";
import { WsClient } from "../support/ws_client.ts";

const SECRET = "a secret that the customer shares with us, 48 bytes";

const test = ownTokenTests();

const profile = (app: RunningApp, token: string) =>
  app.client().as(token).get("/api/users/profile");

test(
  "a customer's token opens every door, and makes the person on first use",
  async (app, issuer) => {
    const claims = { name: "Ann Example" };
    const token = await issuer.token("auth0|ann", app.clock.now(), claims);
    const all = await Promise.all(Array.from({ length: 6 }, () => profile(app, token)));
    assert.deepEqual(new Set(all.map(({ status }) => status)), new Set([200]));
    assert.equal(new Set(all.map(({ body }) => body.id)).size, 1, "one person");
    assert.equal(all[0].body.displayName, "Ann Example");
    for (const transport of TRANSPORTS) {
      await using there = await transport.open(app, token);
      const ping = app.app.operations.find(({ name }) => name === "chat.inbox")!;
      if (transport.offers(ping)) assert.ok((await there.run(ping, {})).ok, transport.name);
    }
    const upload = await app.client().as(token).send("POST", "/api/media/uploads", undefined, {
      headers: {
        "tus-resumable": "1.0.0",
        "upload-length": "1",
        "upload-metadata": "filename YQ==",
      },
    });
    assert.equal(upload.status, 201, JSON.stringify(upload.body));
    // A later token with another name changes the person, not makes another one.
    const renamed = await issuer.token("auth0|ann", app.clock.now(), { name: "Ann" });
    const { body } = await profile(app, renamed);
    assert.deepEqual([body.id, body.displayName], [all[0].body.id, "Ann"]);
    assert.equal((await app.client().as(renamed).get("/api/sessions")).body.items.length, 1);
    assert.deepEqual(app.log, []);
  },
);

test("tokens of others, of other services and without times are refused", async (app, issuer) => {
  const now = app.clock.now();
  const { kid, privateKey, publicKey } = issuer.current;
  const claims = issuer.claims("ann", now);
  const sign = (header: Record<string, unknown>, key: CryptoKey | Uint8Array, with_ = claims) =>
    new SignJWT(with_).setProtectedHeader({ alg: "ES256", kid, ...header }).sign(key);
  const stranger = await generateKeyPair("ES256", { extractable: true });
  const publicText = new TextEncoder().encode(await exportSPKI(publicKey));
  const publicJwk = new TextEncoder().encode(JSON.stringify(await exportJWK(publicKey)));
  const forged = {
    "another key": await sign({}, stranger.privateKey),
    "the key in the header": await sign(
      { jwk: await exportJWK(stranger.publicKey) },
      stranger.privateKey,
    ),
    "keys from a URL in the header": await sign(
      { jku: "https://evil.example/keys" },
      stranger.privateKey,
    ),
    "the public key as a secret": await sign({ alg: "HS256" }, publicText),
    "the public JWK as a secret": await sign({ alg: "HS256" }, publicJwk),
    "no signature": new UnsecuredJWT(claims).encode(),
    "our own secret": await sign(
      { alg: "HS256", typ: "at+jwt" },
      new TextEncoder().encode(app.config.tokens.accessSecret),
    ),
    "another audience": await issuer.token("ann", now, { aud: "shop" }),
    "no audience": await issuer.token("ann", now, { aud: undefined }),
    "another issuer": await issuer.token("ann", now, { iss: "https://evil.example" }),
    "no expiry": await issuer.token("ann", now, { exp: undefined }),
    "no time of issue": await issuer.token("ann", now, { iat: undefined }),
    "a time of issue to come": await issuer.token("ann", now + 600_000),
    "not valid yet": await issuer.token("ann", now, { nbf: Math.floor(now / 1000) + 600 }),
    "a very old token": await issuer.token("ann", now - 31 * 86_400_000, {
      exp: Math.floor(now / 1000) + 600,
    }),
    "no person": await issuer.token("ann", now, { sub: undefined }),
    "an id with a path": await issuer.token("../ann", now),
    "an operator as id": await sign({}, privateKey, { ...claims, sub: { $gt: "" } as never }),
  };
  for (const [name, token] of Object.entries(forged)) {
    const { status, body } = await profile(app, token);
    assert.deepEqual([status, body.code], [401, "unauthenticated"], name);
  }
  const expired = await profile(app, await issuer.token("ann", now - 400_000));
  assert.equal(expired.body.code, "token_expired");
  const expiring = async (seconds: number) => {
    const exp = Math.floor(app.clock.now() / 1000) + seconds;
    return (await profile(app, await issuer.token("ann", now, { exp }))).body.code;
  };
  assert.deepEqual([await expiring(-10), await expiring(-40)], [undefined, "token_expired"]);
});

test("headers of a token choose neither key nor rules", async (app, issuer) => {
  const now = app.clock.now();
  const { kid, privateKey } = issuer.current;
  const claims = issuer.claims("ann", now);
  const raw = (header: unknown, payload: unknown = claims, signature = "AAAA") => {
    const part = (value: unknown) => encodeBase64Url(JSON.stringify(value));
    return `${part(header)}.${part(payload)}.${signature}`;
  };
  const sign = (header: Record<string, unknown>, options?: SignOptions) =>
    new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid, ...header }).sign(
      privateKey,
      options,
    );
  const crit = { crit: { exp: true, b64: true, "urn:evil": true } };
  const encrypter = await generateKeyPair("ECDH-ES", { extractable: true });
  const refused: Record<string, string> = {
    "a key id that is a path": await sign({ kid: "../../dev/null" }),
    "a key id that is a query": await sign({ kid: "' UNION SELECT 'secret' --" }),
    "a key id of every object": await sign({ kid: "__proto__" }),
    "a key id that is a URL": await sign({ kid: "https://evil.example/keys" }),
    "a key id that is an operator": raw({ alg: "ES256", kid: { $ne: null } }),
    "a key id that is a list": raw({ alg: "ES256", kid: [kid] }),
    "an extension that is critical": await sign({ crit: ["urn:evil"], "urn:evil": 1 }, crit),
    "expiry as an extension": await sign({ crit: ["exp"], exp: 1 }, crit),
    "no list of extensions": raw({ alg: "ES256", kid, crit: {} }),
    "a payload without encoding": raw({ alg: "ES256", kid, crit: ["b64"], b64: false }),
    "certificates from a URL": await sign({ x5u: "https://evil.example/x5u", kid: "other" }),
    "algorithms of other cases": raw({ alg: "NONE", kid }, claims, ""),
    "algorithm None": raw({ alg: "None", kid }, claims, ""),
    "an empty algorithm": raw({ alg: "", kid }),
    "an algorithm that is no text": raw({ alg: ["ES256", "none"], kid }),
    "RS256 with a key of another kind": raw({ alg: "RS256", kid }),
    "a signature of zeros": raw({ alg: "ES256", kid }, claims, encodeBase64Url("\0".repeat(64))),
    "no signature at all": raw({ alg: "ES256", kid }, claims, ""),
    "an encrypted token": await new EncryptJWT(claims)
      .setProtectedHeader({ alg: "ECDH-ES", enc: "A256GCM", kid }).encrypt(encrypter.publicKey),
    "two payloads": raw({ alg: "ES256", kid }).replace(".", `.${encodeBase64Url("{}")}.`),
  };
  for (const [name, token] of Object.entries(refused)) {
    const { status, body } = await profile(app, token);
    assert.deepEqual([status, body.code], [401, "unauthenticated"], name);
  }
  assert.equal((await profile(app, await sign({}))).status, 200, "the key is good");
  assert.deepEqual(app.log, []);
});

test("huge and deep tokens are refused, and cost the next request nothing", async (app, issuer) => {
  const now = app.clock.now();
  const nested = (levels: number): unknown => levels === 0 ? 1 : [nested(levels - 1)];
  const tokens = [
    await issuer.token("ann", now, { deep: nested(2_000) }),
    await issuer.token("ann", now, { padding: "x".repeat(200_000) }),
    await issuer.token("a".repeat(5_000), now),
  ];
  for (const token of tokens) {
    // Over REST the server's bound of headers may come first.
    const { status } = await profile(app, token).catch(() => ({ status: 0 }));
    assert.ok([0, 200, 400, 401, 431].includes(status), String(status));
  }
  for (const token of [...tokens.slice(1), `${"A".repeat(500_000)}.e30.x`, ".".repeat(500_000)]) {
    await assert.rejects(WsClient.connect(app.webSocketUrl, token), "a socket refuses it");
  }
  assert.equal((await profile(app, await issuer.token("bob", now))).status, 200);
  assert.deepEqual(app.log, []);
});

test("a token of the customer opens no account that was made here", async (app, issuer) => {
  const { victim } = await app.people("victim");
  const store = await app.openStore();
  const { email } = (await store.users.byId(victim.id))!;
  await store.close();
  for (const sub of [victim.id, victim.username, email, "admin", "0", "null", "undefined"]) {
    const token = await issuer.token(sub, app.clock.now(), {
      name: "Mallory",
      username: victim.username,
      email,
      email_verified: true,
      role: "admin",
    });
    const { status, body } = await profile(app, token);
    assert.equal(status, 200, JSON.stringify(body));
    assert.notEqual(body.id, victim.id, sub);
    assert.notEqual(body.username, victim.username, sub);
    assert.deepEqual([body.role ?? "user", body.email], ["user", ""], sub);
  }
  // Ids differ in every letter's case.
  const ids = await Promise.all(["Ann", "ann", "ANN"].map(async (sub) => {
    return (await profile(app, await issuer.token(sub, app.clock.now()))).body.id;
  }));
  assert.equal(new Set(ids).size, 3);
});

test("published keys that could not sign a token open nothing", async (app, issuer) => {
  const now = app.clock.now();
  const { kid, publicKey } = issuer.current;
  const shared = new TextEncoder().encode("a symmetric key that must never be published");
  const oct = { kty: "oct", k: encodeBase64Url(shared), kid: "oct", alg: "HS256" };
  const forEncryption = { ...await exportJWK(publicKey), kid, alg: "ES256", use: "enc" };
  issuer.answer = () => Response.json({ keys: [oct, forEncryption, null, { kty: "RSA" }, "x"] });
  const tokens = [
    await new SignJWT(issuer.claims("ann", now)).setProtectedHeader({ alg: "HS256", kid: "oct" })
      .sign(shared),
    await issuer.token("ann", now),
  ];
  for (const token of tokens) {
    const { status, body } = await profile(app, token);
    assert.ok([401, 503].includes(status), JSON.stringify(body));
  }
});

test(
  "keys are fetched again for a new one, however many tokens name unknown ones",
  async (app, issuer) => {
    const first = await issuer.token("ann", app.clock.now());
    assert.equal((await profile(app, first)).status, 200);
    assert.equal(issuer.fetched, 1);
    const { privateKey } = await generateKeyPair("ES256");
    const unknown = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        new SignJWT(issuer.claims("ann", app.clock.now()))
          .setProtectedHeader({ alg: "ES256", kid: `unknown${i}` }).sign(privateKey)),
    );
    for (const token of unknown) {
      assert.equal((await profile(app, token)).status, 401);
    }
    assert.ok(issuer.fetched <= 2, `fetched ${issuer.fetched} times`);
    assert.equal((await profile(app, first)).status, 200);
  },
);

test(
  "a revoked token is refused and its sockets end, and a later one is good",
  async (app, issuer) => {
    const backend = await backendOf(app);
    const now = app.clock.now();
    const token = await issuer.token("ann", now);
    const unused = await issuer.token("ann", now, { sid: "other" });
    const { client } = await WsClient.connect(app.webSocketUrl, token);
    app.clock.ahead += 2_000;
    const ended = await backend.post("/api/server/users/ann/end-sessions", {});
    assert.deepEqual(ended.body, { ended: 1 });
    assert.equal((await client.closed).code, 4001);
    for (const old of [token, unused]) assert.equal((await profile(app, old)).status, 401);
    app.clock.ahead += 2_000;
    const later = await issuer.token("ann", app.clock.now());
    assert.equal((await profile(app, later)).status, 200);
    // Deactivated, no token is good; reactivated, those from before are not either.
    await backend.post("/api/server/users/ann/deactivate", {});
    const meanwhile = await issuer.token("ann", app.clock.now() + 1_000);
    for (const each of [later, meanwhile]) assert.equal((await profile(app, each)).status, 401);
    await backend.post("/api/server/users/ann/reactivate", {});
    app.clock.ahead += 2_000;
    assert.equal((await profile(app, await issuer.token("ann", app.clock.now()))).status, 200);
  },
);

test("signing out ends the token's session, and only that of its sid", async (app, issuer) => {
  const [phone, laptop] = await Promise.all(
    ["phone", "laptop"].map((sid) => issuer.token("ann", app.clock.now(), { sid })),
  );
  for (const token of [phone, laptop]) assert.equal((await profile(app, token)).status, 200);
  app.clock.ahead += 1_000;
  const out = await app.client().as(phone).post("/api/auth/logout", {});
  assert.equal(out.status, 204, JSON.stringify(out.body));
  assert.equal((await profile(app, phone)).status, 401);
  assert.equal((await profile(app, laptop)).status, 200);
  app.clock.ahead += 2_000;
  const again = await issuer.token("ann", app.clock.now(), { sid: "phone" });
  assert.equal((await profile(app, again)).status, 200);
});

test("a socket ends when its token expires", async (app, issuer) => {
  const token = await issuer.token("ann", app.clock.now());
  const { client } = await WsClient.connect(app.webSocketUrl, token);
  app.clock.ahead += 400_000;
  assert.equal((await client.closed).code, 4001);
});

test("an erased person's token makes another person", async (app, issuer) => {
  const backend = await backendOf(app);
  const { body: before } = await profile(app, await issuer.token("ann", app.clock.now()));
  app.clock.ahead += 2_000;
  assert.equal((await backend.delete("/api/server/users/ann")).status, 204);
  app.clock.ahead += 2_000;
  const { status, body } = await profile(app, await issuer.token("ann", app.clock.now()));
  assert.equal(status, 200);
  assert.notEqual(body.id, before.id);
});

Deno.test("the customer's keys are fetched within bounds, and an outage is no refusal", async () => {
  const large = () => Response.json({ keys: [], padding: "x".repeat(300_000) });
  const answers: Record<string, () => Response> = {
    "a redirect": () => Response.redirect("http://169.254.169.254/keys"),
    "too many bytes": large,
    "no JSON": () => new Response("<html>"),
    "an error": () => new Response("no", { status: 500 }),
  };
  await using issuer = await OwnIssuer.start();
  await using app = await RunningApp.start(issuer.environment);
  const token = await issuer.token("ann", app.clock.now());
  for (const [name, answer] of Object.entries(answers)) {
    issuer.answer = answer;
    const { status, body } = await profile(app, token);
    assert.deepEqual([status, body.code], [503, "unavailable"], name);
  }
  issuer.answer = null;
  assert.equal((await profile(app, token)).status, 200, "once they can be fetched");
});

Deno.test("with a shared secret only HS256 is accepted", async () => {
  await using issuer = await OwnIssuer.start();
  const { AUTH_JWKS_URL: _, ...rest } = issuer.environment;
  await using app = await RunningApp.start({ ...rest, AUTH_JWT_SECRET: SECRET });
  const claims = issuer.claims("ann", app.clock.now());
  const sign = (alg: string, secret: string) =>
    new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
  assert.equal((await profile(app, await sign("HS256", SECRET))).status, 200);
  assert.equal((await profile(app, await sign("HS512", `${SECRET}${SECRET}`))).status, 401);
  assert.equal((await profile(app, await sign("HS256", `${SECRET}x`))).status, 401);
  assert.equal((await profile(app, await issuer.token("ann", app.clock.now()))).status, 401);
  assert.equal(issuer.fetched, 0);
});

Deno.test("claims are read as configured", async () => {
  await using issuer = await OwnIssuer.start("EdDSA");
  await using app = await RunningApp.start({
    ...issuer.environment,
    AUTH_CLAIM_USER: "https://customer.example/id",
    AUTH_CLAIM_NAME: "nick",
  });
  const claims = { "https://customer.example/id": 42, nick: "Ann\u202e\nthe first", name: "No" };
  const { status, body } = await profile(app, await issuer.token("x", app.clock.now(), claims));
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.displayName, "Ann the first");
  const backend = await backendOf(app);
  assert.equal((await backend.get("/api/server/users/42")).body.user.id, body.id);
});

Deno.test("local registration can be switched off", async () => {
  await using app = await RunningApp.start({ LOCAL_REGISTRATION: "off" });
  const account = { username: "ann", email: "ann@example.org", password: "correct horse battery" };
  const { status, body } = await app.client().post("/api/auth/register", account);
  assert.deepEqual([status, body.code], [403, "forbidden"]);
  assert.deepEqual(app.log, []);
});
