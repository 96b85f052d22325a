import assert from "node:assert/strict";
import { SealBroken, secretBox } from "../../src/auth/secret_box.ts";

const OLD = "an old secret of more than 32 characters";
const NEW = "a new secret of more than 32 characters!";
const owner = { purpose: "totp", userId: "0198c0de-0000-7000-8000-000000000001" };
const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

Deno.test("SecretBox opens a sealed secret, whose text does not show it", async () => {
  const box = secretBox([NEW]);
  for (const secret of [SECRET, "", "é 東京"]) {
    const sealed = await box.seal(secret, owner);
    assert.equal(await box.open(sealed, owner), secret);
    assert.match(sealed, /^v1\.[\w-]{11}\.[\w-]+$/);
    if (secret) assert.ok(!sealed.includes(secret) && !atobUrl(sealed).includes(secret));
  }
});

function atobUrl(sealed: string): string {
  return atob(sealed.split(".")[2].replaceAll("-", "+").replaceAll("_", "/"));
}

Deno.test("SecretBox seals one secret to two different texts", async () => {
  const box = secretBox([NEW]);
  assert.notEqual(await box.seal(SECRET, owner), await box.seal(SECRET, owner));
});

Deno.test("SecretBox does not open a secret moved to another user or purpose", async () => {
  const box = secretBox([NEW]);
  const sealed = await box.seal(SECRET, owner);
  const others = [
    { ...owner, userId: "0198c0de-0000-7000-8000-000000000002" },
    { ...owner, purpose: "other" },
    { purpose: "totp0", userId: owner.userId.slice(1) },
  ];
  for (const other of others) await assert.rejects(box.open(sealed, other), SealBroken);
});

Deno.test("SecretBox detects a change in any character", async () => {
  const box = secretBox([NEW]);
  // 12 + 32 + 16 bytes leave no spare bits in the last character, so that each changed character
  // matters.
  const sealed = await box.seal(SECRET, owner);
  for (let at = 0; at < sealed.length; at++) {
    const altered = sealed.slice(0, at) + (sealed[at] === "A" ? "Q" : "A") + sealed.slice(at + 1);
    await assert.rejects(box.open(altered, owner), SealBroken, `at ${at}`);
  }
  const cut = [1, 2, 3, 4, 70, 80].map((count) => sealed.slice(0, -count));
  for (const bad of ["", SECRET, "v1..", `${sealed}A`, `v2${sealed.slice(2)}`, ...cut]) {
    await assert.rejects(box.open(bad, owner), SealBroken, bad);
  }
});

Deno.test("SecretBox opens old seals after a rotation and reports them as outdated", async () => {
  const before = secretBox([OLD]);
  const sealed = await before.seal(SECRET, owner);
  const after = secretBox([NEW, OLD]);
  assert.equal(await after.open(sealed, owner), SECRET);
  assert.equal(await after.isOutdated(sealed), true);
  const anew = await after.seal(SECRET, owner);
  assert.equal(await after.isOutdated(anew), false);
  await assert.rejects(before.open(anew, owner), SealBroken);
  await assert.rejects(secretBox([NEW]).open(sealed, owner), SealBroken);
});

Deno.test("secretBox refuses a short secret without showing it", () => {
  assert.throws(() => secretBox([NEW, "short-secret"]), (error: Error) => {
    return /at least 32 characters/.test(error.message) && !error.message.includes("short-secret");
  });
});
