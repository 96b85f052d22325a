import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { loadConfig } from "../../src/config.ts";
import { serverEnvironment } from "../../src/launcher/server_environment.ts";
import { faultyVariables, PRODUCTION, refusal } from "./support.ts";

const ACME = {
  ...PRODUCTION,
  OIDC_PROVIDERS: "acme",
  OIDC_ACME_ISSUER: "https://login.example.com/",
  OIDC_ACME_CLIENT_ID: "chat",
};

const pem = (namedCurve: string) =>
  generateKeyPairSync("ec", { namedCurve }).privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();

const APPLE = {
  ...PRODUCTION,
  OIDC_PROVIDERS: "apple",
  OIDC_APPLE_CLIENT_ID: "com.example.chat.web,com.example.chat",
  OIDC_APPLE_TEAM_ID: "ABCDE12345",
  OIDC_APPLE_KEY_ID: "KEY1234567",
  OIDC_APPLE_PRIVATE_KEY: pem("P-256").replaceAll("\n", "\\n"),
};

Deno.test("a provider of OpenID Connect needs an issuer and a client, and has defaults for the rest", () => {
  const [provider] = loadConfig(ACME).oidc;
  assert.deepEqual(provider, {
    name: "acme",
    title: "Acme",
    issuer: "https://login.example.com",
    clientId: "chat",
    clientSecret: null,
    key: null,
    scopes: "openid email profile",
    formPost: false,
  });
  const more = {
    OIDC_ACME_NAME: "Acme Inc.",
    OIDC_ACME_SCOPES: "openid",
    OIDC_ACME_CLIENT_SECRET: "s",
  };
  const { title, scopes, clientSecret } = loadConfig({ ...ACME, ...more }).oidc[0];
  assert.deepEqual([title, scopes, clientSecret], ["Acme Inc.", "openid", "s"]);
  assert.deepEqual(loadConfig(PRODUCTION).oidc, []);
});

Deno.test("apple is a preset that needs a key in place of a secret", () => {
  const [{ issuer, scopes, formPost, key, title }] = loadConfig(APPLE).oidc;
  assert.deepEqual([issuer, scopes, formPost, title], [
    "https://appleid.apple.com",
    "openid email name",
    true,
    "Apple",
  ]);
  assert.match(key!.pem, /^-----BEGIN PRIVATE KEY-----\n/);
  const { OIDC_APPLE_KEY_ID: _, ...half } = APPLE;
  assert.deepEqual(faultyVariables(half), ["OIDC_APPLE_KEY_ID"]);
  assert.deepEqual(faultyVariables({ ...APPLE, OIDC_APPLE_CLIENT_SECRET: "s" }), [
    "OIDC_APPLE_CLIENT_SECRET",
  ]);
  const wrongCurve = refusal({ ...APPLE, OIDC_APPLE_PRIVATE_KEY: pem("P-384") });
  assert.match(wrongCurve.message, /OIDC_APPLE_PRIVATE_KEY must be the key that Apple gave/);
  assert.doesNotMatch(wrongCurve.message, /BEGIN/);
});

Deno.test("a provider that is configured by half, or misnamed, keeps the server from starting", () => {
  const faults: [Record<string, string>, string[]][] = [
    [{ OIDC_PROVIDERS: "acme" }, ["OIDC_ACME_ISSUER", "OIDC_ACME_CLIENT_ID"]],
    [{ OIDC_ACME_CLIENT_ID: "chat" }, ["OIDC_PROVIDERS"]],
    [{ ...ACME, OIDC_OTHER_ISSUER: "https://x.example.com" }, ["OIDC_PROVIDERS"]],
    [{ ...ACME, OIDC_PROVIDERS: "google" }, ["OIDC_PROVIDERS"]],
    [{ ...ACME, OIDC_PROVIDERS: "Acme Inc" }, ["OIDC_PROVIDERS"]],
    [{ ...ACME, OIDC_ACME_ISSUER: "http://login.example.com" }, ["OIDC_ACME_ISSUER"]],
    [{ ...ACME, OIDC_ACME_ISSUER: "login.example.com" }, ["OIDC_ACME_ISSUER"]],
    [{ ...ACME, OIDC_ACME_SCOPES: "email" }, ["OIDC_ACME_SCOPES"]],
    [{ ...ACME, OIDC_ACME_TEAM_ID: "ABCDE12345" }, ["OIDC_ACME_TEAM_ID"]],
  ];
  for (const [environment, expected] of faults) {
    assert.deepEqual(faultyVariables({ ...PRODUCTION, ...environment }), expected);
  }
  const { message } = refusal({ ...PRODUCTION, OIDC_ACME_CLIENT_ID: "chat" });
  assert.match(
    message,
    /OIDC_PROVIDERS must be a list with acme, since OIDC_ACME_CLIENT_ID is set/,
  );
  const { notices } = loadConfig({ ...ACME, OIDC_ACME_CLIENT_SECRT: "s" });
  assert.ok(notices.some((text) => /did you mean OIDC_ACME_CLIENT_SECRET/.test(text)));
});

Deno.test("the launcher passes the variables of providers on, also of those that OIDC_PROVIDERS does not name", () => {
  const passed = serverEnvironment({ ...ACME, OIDC_OTHER_CLIENT_ID: "x", OIDC_TOKEN: "x" });
  assert.ok("OIDC_ACME_ISSUER" in passed && "OIDC_OTHER_CLIENT_ID" in passed);
  assert.ok(!("OIDC_TOKEN" in passed));
});
