import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { newId } from "../../src/core/ids.ts";
import type { Person } from "../support/people.ts";
import { RunningApp } from "../support/running_app.ts";
import { ENTRANCES } from "./entrances.ts";
import { attacks, REST } from "./attacks.ts";

const attack = attacks();

/**
 * Tokens that an attacker could forge, or owns and uses for another purpose (RFC 8725). The first
 * row is a valid token, made by the same functions: it shows that the others fail because of their
 * fault.
 */

type Part = Record<string, unknown>;

interface Forgery {
  header?: Part;
  claims?: Part;
  sign?: (text: string, app: RunningApp) => string;
}

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PUBLIC_PEM = rsa.publicKey.export({ type: "spki", format: "pem" }) as string;

const hmac = (secret: string | Uint8Array, hash = "sha256") => (text: string) =>
  createHmac(hash, secret).update(text).digest("base64url");
const withAccessSecret = (hash?: string) => (text: string, { config }: RunningApp) =>
  hmac(config.tokens.accessSecret, hash)(text);
const withRefreshSecret = (text: string, { config }: RunningApp) =>
  hmac(config.tokens.refreshSecret)(text);
const byRsa = (text: string) =>
  sign("sha256", new TextEncoder().encode(text), rsa.privateKey).toString("base64url");
const nothing = () => "";

const [ATTACKER_JWK] = [rsa.publicKey.export({ format: "jwk" })];

const FORGERIES: Record<string, Forgery> = {
  "no signature, alg none": { header: { alg: "none" }, sign: nothing },
  "no signature, alg None": { header: { alg: "None" }, sign: nothing },
  "no signature, alg nOnE, without typ": { header: { alg: "nOnE", typ: undefined }, sign: nothing },
  "no signature with a valid header": { sign: nothing },
  "signed with an empty secret": { sign: hmac("") },
  "signed with a guessed secret": { sign: hmac("secret") },
  "HS384 with the right secret": { header: { alg: "HS384" }, sign: withAccessSecret("sha384") },
  "HS512 with the right secret": { header: { alg: "HS512" }, sign: withAccessSecret("sha512") },
  "RS256 with an attacker's key": { header: { alg: "RS256" }, sign: byRsa },
  "a public key as the HMAC secret": { sign: hmac(PUBLIC_PEM) },
  "RS256 with its key in the header": {
    header: { alg: "RS256", jwk: ATTACKER_JWK },
    sign: byRsa,
  },
  "its secret in the header": {
    header: { jwk: { kty: "oct", k: btoa("attacker") } },
    sign: hmac("attacker"),
  },
  "a key from elsewhere (jku, x5u)": {
    header: { alg: "RS256", jku: "http://127.0.0.1:9/keys", x5u: "http://127.0.0.1:9/cert" },
    sign: byRsa,
  },
  "kid as a path to an empty file": {
    header: { kid: "../../../../dev/null" },
    sign: hmac(""),
  },
  "kid as an injection": { header: { kid: "x' UNION SELECT 'k" }, sign: hmac("k") },
  "an unknown critical header": { header: { crit: ["exp", "b64"], b64: false } },
  "without typ": { header: { typ: undefined } },
  "typ of another kind": { header: { typ: "JWT" } },
  "typ of a refresh token": { header: { typ: "rt+jwt" } },
  "signed with the refresh secret": { sign: withRefreshSecret },
  "audience of refresh tokens": { claims: { aud: "refresh" } },
  "audience of another service": { claims: { aud: "https://else.example" } },
  "without an audience": { claims: { aud: undefined } },
  "issuer of another service": { claims: { iss: "https://else.example" } },
  "without an issuer": { claims: { iss: undefined } },
  "without an expiry": { claims: { exp: undefined } },
  "an expiry of type text": { claims: { exp: "9999999999" } },
  "without a session": { claims: { sid: undefined } },
  "a session that does not exist": { claims: { sid: newId() } },
  "a session that is an operator": { claims: { sid: { $ne: null } } },
};

function forge(app: RunningApp, { id, sessionId }: Person, forgery: Forgery): string {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: "HS256", typ: "at+jwt", ...forgery.header };
  const claims = {
    iss: "realtimechat",
    aud: "access",
    sub: id,
    sid: sessionId,
    jti: newId(),
    iat: now,
    exp: now + 600,
    ...forgery.claims,
  };
  const encode = (part: Part) =>
    btoa(JSON.stringify(part)).replace(/=+$/, "")
      .replaceAll("+", "-").replaceAll("/", "_");
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${(forgery.sign ?? withAccessSecret())(text, app)}`;
}

attack(ENTRANCES, "no forged token is accepted", async (app, entrance) => {
  const { ann } = await app.people("ann");
  assert.equal(await entrance.enter(app, forge(app, ann, {})), "ok", "a valid token");
  for (const [what, forgery] of Object.entries(FORGERIES)) {
    const code = await entrance.enter(app, forge(app, ann, forgery));
    assert.equal(code, "unauthenticated", what);
  }
  const expired = forge(app, ann, { claims: { exp: Math.floor(Date.now() / 1000) - 1 } });
  assert.equal(await entrance.enter(app, expired), "token_expired");
  const good = forge(app, ann, {});
  const [head, body, signature] = good.split(".");
  for (const bad of [`${head}.${body}`, `${head}.${body}.${signature}.x`, `${good}A`, "x"]) {
    assert.equal(await entrance.enter(app, bad), "unauthenticated", bad);
  }
  assert.deepEqual(app.log, []);
});

attack(REST, "a token is accepted in the Authorization header only", async (app) => {
  const { ann } = await app.people("ann");
  const http = app.client();
  for (const name of ["token", "access_token", "accessToken", "authorization"]) {
    const { status } = await http.get(`/api/users/profile?${name}=${ann.token}`);
    assert.ok(status === 400 || status === 401, `${name} answered ${status}`);
  }
  for (
    const headers of [
      { cookie: `token=${ann.token}; access_token=${ann.token}` },
      { "x-access-token": ann.token },
      { authorization: `Basic ${ann.token}` },
      { authorization: ann.token },
    ] as Record<string, string>[]
  ) {
    const { status } = await http.get("/api/users/profile", { headers });
    assert.equal(status, 401, JSON.stringify(headers));
  }
});
