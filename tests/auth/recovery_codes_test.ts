import assert from "node:assert/strict";
import {
  newRecoveryCodes,
  RECOVERY_CODE_COUNT,
  recoveryCodeHash,
} from "../../src/auth/recovery_codes.ts";

const USER = "0198c0de-0000-7000-8000-000000000001";

Deno.test("newRecoveryCodes returns ten different codes, none of which is in its hash", async () => {
  const { codes, hashes } = await newRecoveryCodes(USER);
  assert.equal(RECOVERY_CODE_COUNT, 10);
  assert.equal(new Set(codes).size, 10);
  assert.equal(new Set(hashes).size, 10);
  for (const code of codes) {
    assert.match(code, /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){5}$/);
  }
  for (const hash of hashes) assert.match(hash, /^[0-9a-f]{64}$/);
});

Deno.test("recoveryCodeHash returns one hash for all ways of typing a code", async () => {
  const { codes, hashes } = await newRecoveryCodes(USER);
  for (const [at, code] of codes.entries()) {
    const typed = [
      code,
      code.toLowerCase(),
      code.replaceAll("-", ""),
      ` ${code.replaceAll("-", " ")}\n`,
      code.replaceAll("0", "o").replaceAll("1", "l"),
      code.replaceAll("0", "O").replaceAll("1", "I"),
    ];
    for (const input of typed) assert.equal(await recoveryCodeHash(USER, input), hashes[at], input);
  }
});

Deno.test("recoveryCodeHash returns another hash for another user id", async () => {
  const { codes: [code], hashes } = await newRecoveryCodes(USER);
  const other = await recoveryCodeHash(USER.replace(/1$/, "2"), code);
  assert.ok(other !== null && !hashes.includes(other));
});

Deno.test("recoveryCodeHash returns null for text that cannot be a code", async () => {
  const bad = ["", "ABCD", "123456", "UUUU-UUUU-UUUU-UUUU", "A".repeat(17), "-".repeat(100_000)];
  for (const input of bad) {
    assert.equal(await recoveryCodeHash(USER, input), null, input.slice(0, 20));
  }
});

Deno.test("newRecoveryCodes uses every letter of the alphabet about equally often", async () => {
  const counts = new Map<string, number>();
  for (let n = 0; n < 200; n++) {
    const { codes } = await newRecoveryCodes(USER);
    for (const letter of codes.join("").replaceAll("-", "")) {
      counts.set(letter, (counts.get(letter) ?? 0) + 1);
    }
  }
  // 48,000 letters, 1,500 of each expected, standard deviation 38: ten deviations do not happen by
  // chance.
  assert.equal(counts.size, 32);
  for (const [letter, count] of counts) {
    assert.ok(Math.abs(count - 1500) < 380, `${letter} ${count}`);
  }
});

Deno.test("a recovery code has 120 random bits, and one of 80 bits of an earlier release is still accepted", async () => {
  const { codes: [code] } = await newRecoveryCodes(USER);
  assert.equal(code.replaceAll("-", "").length * 5, 120);
  const earlier = await recoveryCodeHash(USER, "0123-4567-89AB-CDEF");
  assert.match(earlier!, /^[0-9a-f]{64}$/);
  assert.equal(await recoveryCodeHash(USER, "0123-4567-89AB-CDEF-GHJK"), null);
});
