import assert from "node:assert/strict";
import { RunningApp } from "../support/running_app.ts";

const GOOGLE = { GOOGLE_CLIENT_ID: "client" };
const FACEBOOK = { FACEBOOK_APP_ID: "1", FACEBOOK_APP_SECRET: "a".repeat(32) };
const OIDC = {
  OIDC_PROVIDERS: "corp",
  OIDC_CORP_ISSUER: "https://login.example.org",
  OIDC_CORP_CLIENT_ID: "client",
  OIDC_CORP_NAME: "Corp & Sons",
};
const BUCKET = {
  AWS_BUCKET_NAME: "files",
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "key",
  AWS_SECRET_ACCESS_KEY: "secret",
};

/** Returns the parts of the page that depend on the configuration. */
async function configuredPage(environment: Record<string, string>) {
  await using app = await RunningApp.start(environment);
  const response = await fetch(app.url);
  const policy = response.headers.get("content-security-policy")!;
  return {
    providers: /name="providers" content="([^"]*)"/.exec(await response.text())![1],
    media: /img-src ([^;]*)/.exec(policy)![1].split(" ").filter((source) => /^http/.test(source)),
  };
}

Deno.test({
  name: "the page offers the ways to sign in that are configured, and no others",
  fn: async () => {
    const offered = async (environment: Record<string, string>) =>
      (await configuredPage(environment)).providers;
    assert.equal(await offered({}), "");
    assert.equal(await offered(GOOGLE), "google=Google");
    assert.equal(await offered(FACEBOOK), "facebook=Facebook");
    assert.equal(
      await offered({ ...GOOGLE, ...FACEBOOK, ...OIDC, LOCAL_REGISTRATION: "off" }),
      "google=Google facebook=Facebook corp=Corp%20%26%20Sons no-registration",
    );
  },
});

Deno.test({
  name: "the page may load media from the bucket's public address, and from no other",
  fn: async () => {
    const allowed = async (environment: Record<string, string>) =>
      (await configuredPage(environment)).media;
    const endpoint = { AWS_ENDPOINT_URL: "http://127.0.0.1:9/inside" };
    assert.deepEqual(await allowed({}), []);
    assert.deepEqual(await allowed(BUCKET), ["https://files.s3.eu-west-1.amazonaws.com"]);
    assert.deepEqual(await allowed({ ...BUCKET, ...endpoint }), ["http://127.0.0.1:9"]);
    const open = {
      ...BUCKET,
      ...endpoint,
      AWS_PUBLIC_ENDPOINT_URL: "https://media.example.org/s3",
    };
    assert.deepEqual(await allowed(open), ["https://media.example.org"]);
  },
});
