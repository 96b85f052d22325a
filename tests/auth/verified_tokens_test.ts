import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { Tokens } from "../../src/auth/tokens.ts";
import { newId } from "../../src/core/ids.ts";
import { MovableClock } from "../support/movable_clock.ts";

const secrets = {
  accessSecret: "an access secret of the tests, which is long enough",
  refreshSecret: "a refresh secret of the tests, which is long enough",
  accessTtlMs: 60_000,
  refreshTtlMs: 600_000,
};

async function world(accessTtlMs = secrets.accessTtlMs) {
  const clock = new MovableClock();
  const tokens = new Tokens({ ...secrets, accessTtlMs }, clock);
  const claims = { userId: newId(), sessionId: newId(), tokenId: newId() };
  return { clock, tokens, claims, token: await tokens.sign("access", claims) };
}

Deno.test("Tokens verifies an access token again with the same claims, until it expires", async () => {
  const { clock, tokens, claims, token } = await world();
  const first = await tokens.verify("access", token);
  assert.deepEqual(await tokens.verify("access", token), first);
  assert.equal(first.sessionId, claims.sessionId);
  clock.ahead = 30_000;
  assert.deepEqual(await tokens.verify("access", token), first);
  clock.ahead = 61_000;
  await assert.rejects(tokens.verify("access", token), { code: "token_expired" });
  await assert.rejects(tokens.verify("access", token), { code: "token_expired" });
});

Deno.test("Tokens refuses a changed copy of a token that it has verified, and its use as another", async () => {
  const { tokens, token } = await world();
  await tokens.verify("access", token);
  const [header, payload, signature] = token.split(".");
  const flipped = signature.startsWith("A") ? "B" : "A";
  const copies = [
    `${header}.${payload}.${flipped}${signature.slice(1)}`,
    `${header}.${payload}.`,
    `${header}.${btoa('{"sub":"x"}').replaceAll("=", "")}.${signature}`,
  ];
  for (const copy of copies) {
    await assert.rejects(tokens.verify("access", copy), { code: "unauthenticated" });
  }
  await assert.rejects(tokens.verify("refresh", token), { code: "unauthenticated" });
});

Deno.test("Tokens remembers 5,000 tokens, and verifies again those past that number", async () => {
  const { tokens, claims, token } = await world(3_600_000);
  // A remembered token returns the object of its first verification.
  const first = await tokens.verify("access", token);
  const verifyOthers = async (begin: number, end: number) => {
    for (let i = begin; i < end; i++) {
      const other = await tokens.sign("access", { ...claims, tokenId: `${i}` });
      assert.equal((await tokens.verify("access", other)).tokenId, `${i}`);
    }
  };
  await verifyOthers(1, 5_000);
  assert.equal(await tokens.verify("access", token), first);
  await verifyOthers(5_000, 5_001);
  const again = await tokens.verify("access", token);
  assert.notEqual(again, first, "the oldest is let go");
  assert.deepEqual(again, first);
});

Deno.test("Tokens refuses a header or claims of another form, though they are signed", async () => {
  const { tokens, token } = await world();
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = (header: unknown, claims: unknown) => {
    const text = `${part(header)}.${part(claims)}`;
    const hmac = createHmac("sha256", secrets.accessSecret).update(text);
    return `${text}.${hmac.digest("base64url")}`;
  };
  const [header, claims] = token.split(".").slice(0, 2)
    .map((each) => JSON.parse(Buffer.from(each, "base64url").toString()));
  assert.ok(await tokens.verify("access", signed(header, claims)), "a copy of it");
  const seconds = Math.floor(Date.now() / 1000);
  const others: [unknown, unknown][] = [
    [{ ...header, crit: ["b64"], b64: false }, claims],
    [{ ...header, alg: "HS512" }, claims],
    [{ ...header, typ: "JWT" }, claims],
    [null, claims],
    [header, { ...claims, nbf: seconds + 3_600 }],
    [header, { ...claims, nbf: `${seconds}` }],
    [header, { ...claims, exp: `${seconds + 60}` }],
    [header, { ...claims, exp: undefined }],
    [header, { ...claims, iss: "another" }],
    [header, { ...claims, aud: "refresh" }],
    [header, { ...claims, sub: ["a list"] }],
    [header, [claims]],
    [header, null],
  ];
  for (const [otherHeader, otherClaims] of others) {
    const forged = signed(otherHeader, otherClaims);
    await assert.rejects(tokens.verify("access", forged), { code: "unauthenticated" }, forged);
  }
});

Deno.test("Tokens accepts what a former secret signed, and nothing that an unknown one did", async () => {
  const { claims, clock, token } = await world();
  const accessSecret = "the access secret after a rotation, which is long enough";
  const rotated = { ...secrets, accessSecret, formerAccessSecrets: [secrets.accessSecret] };
  const verified = await new Tokens(rotated, clock).verify("access", token);
  assert.equal(verified.tokenId, claims.tokenId);
  const unknown = new Tokens({ ...secrets, accessSecret }, clock);
  await assert.rejects(unknown.verify("access", token), { code: "unauthenticated" });
});
