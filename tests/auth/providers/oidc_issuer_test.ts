import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { ProviderHttp } from "../../../src/auth/providers/http.ts";
import { OidcIssuer } from "../../../src/auth/providers/oidc_issuer.ts";
import { MovableClock } from "../../support/movable_clock.ts";

const ISSUER = "https://login.example.org";
const DAY = 24 * 3_600_000;

/** Configuration and keys of an issuer, with a count of the reads. */
class Published {
  reads = 0;
  isAway = false;
  keysAt = "keys";
  readonly clock = new MovableClock();
  readonly keys: Record<string, unknown> = {};
  readonly issuer = new OidcIssuer({
    name: "Acme",
    configurationUrl: `${ISSUER}/configuration`,
    issuers: [ISSUER],
    clientIds: ["client"],
    http: { ask: (url: string) => this.#answer(new URL(url).pathname) } as unknown as ProviderHttp,
    clock: this.clock,
  });

  #answer(path: string): Promise<{ ok: boolean; body: unknown }> {
    if (path !== "/configuration") return Promise.resolve({ ok: true, body: this.keys[path] });
    this.reads++;
    const body = {
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/authorize`,
      jwks_uri: `${ISSUER}/${this.keysAt}`,
    };
    return Promise.resolve({ ok: !this.isAway, body });
  }
}

Deno.test("OidcIssuer reads the configuration once a day, and keeps the former one in an outage", async () => {
  const published = new Published();
  published.isAway = true;
  await assert.rejects(published.issuer.discovery(), { code: "unavailable" });
  published.isAway = false;
  await published.issuer.discovery();
  published.clock.ahead = DAY - 60_000;
  await published.issuer.discovery();
  assert.equal(published.reads, 2);
  published.clock.ahead = DAY + 60_000;
  published.isAway = true;
  const { issuer } = await published.issuer.discovery();
  assert.deepEqual([issuer, published.reads], [ISSUER, 3]);
  published.clock.ahead += DAY;
  published.isAway = false;
  await published.issuer.discovery();
  assert.equal(published.reads, 4);
});

Deno.test("OidcIssuer takes keys from where the latest configuration says", async () => {
  const published = new Published();
  const verify = async (at: string) => {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    published.keysAt = at;
    published.keys[`/${at}`] = { keys: [{ ...await exportJWK(publicKey), kid: at, alg: "ES256" }] };
    const now = Math.floor(published.clock.now() / 1000);
    const claims = { iss: ISSUER, aud: "client", sub: "ann", iat: now, exp: now + 300 };
    const token = await new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: at })
      .sign(privateKey);
    return (await published.issuer.verify(token, null)).sub;
  };
  assert.equal(await verify("keys"), "ann");
  published.clock.ahead = DAY + 60_000;
  assert.equal(await verify("moved"), "ann");
});
