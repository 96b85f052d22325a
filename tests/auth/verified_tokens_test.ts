import assert from "node:assert/strict";
import { Tokens } from "../../src/auth/tokens.ts";
import { newId } from "../../src/core/ids.ts";
import { MovableClock } from "../support/movable_clock.ts";

const secrets = {
  accessSecret: "an access secret of the tests, which is long enough",
  refreshSecret: "a refresh secret of the tests, which is long enough",
  accessTtlMs: 60_000,
  refreshTtlMs: 600_000,
};

async function world() {
  const clock = new MovableClock();
  const tokens = new Tokens(secrets, clock);
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

Deno.test("Tokens verifies tokens past the number that it remembers", async () => {
  const { tokens, claims, token } = await world();
  await tokens.verify("access", token);
  for (let i = 0; i < 5_001; i++) {
    const other = await tokens.sign("access", { ...claims, tokenId: `${i}` });
    assert.equal((await tokens.verify("access", other)).tokenId, `${i}`);
  }
  assert.equal((await tokens.verify("access", token)).tokenId, claims.tokenId);
});
