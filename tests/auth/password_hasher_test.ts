import assert from "node:assert/strict";
import { HasherBusy } from "../../src/auth/password_hasher.ts";
import { BcryptHasher } from "../../src/auth/password_hasher_bcrypt.ts";

async function withHasher(work: (hasher: BcryptHasher) => Promise<void>): Promise<void> {
  const hasher = new BcryptHasher(4);
  try {
    await work(hasher);
  } finally {
    hasher.close();
  }
}

Deno.test("PasswordHasher returns a bcrypt hash of the given cost", () =>
  withHasher(async (hasher) => {
    assert.match(await hasher.hash("correct horse"), /^\$2[aby]\$04\$[./A-Za-z0-9]{53}$/);
    const dearer = new BcryptHasher(5);
    const hash = await dearer.hash("correct horse");
    dearer.close();
    assert.match(hash, /^\$2[aby]\$05\$/);
    assert(await hasher.verify("correct horse", hash), "a hash of another cost stays valid");
  }));

Deno.test("PasswordHasher uses every character of a password, past 72 bytes and past a NUL", () =>
  withHasher(async (hasher) => {
    for (const start of ["", "x".repeat(72), "𝕏".repeat(64), "\0", "a\0b"]) {
      const hash = await hasher.hash(`${start}1`);
      assert(await hasher.verify(`${start}1`, hash));
      assert(!await hasher.verify(`${start}2`, hash), JSON.stringify(start));
      assert(!await hasher.verify(start, hash), JSON.stringify(start));
    }
  }));

Deno.test("PasswordHasher treats differently composed accents as one text", () =>
  withHasher(async (hasher) => {
    assert(await hasher.verify("cafe\u0301 \uFB01", await hasher.hash("caf\u00E9 fi")));
  }));

Deno.test("PasswordHasher accepts no password when there is no hash", () =>
  withHasher(async (hasher) => {
    assert(!await hasher.verify("", null));
    assert(!await hasher.verify("correct horse", null));
  }));

Deno.test("PasswordHasher resolves each of many concurrent calls with its own result", () =>
  withHasher(async (hasher) => {
    const words = Array.from({ length: 40 }, (_, at) => `password ${at}`);
    const hashes = await Promise.all(words.map((word) => hasher.hash(word)));
    assert.equal(new Set(hashes).size, words.length);
    const right = await Promise.all(words.map((word, at) => hasher.verify(word, hashes[at])));
    const wrong = await Promise.all(
      words.map((word, at) => hasher.verify(word, hashes.at(at - 1)!)),
    );
    assert(right.every(Boolean) && !wrong.some(Boolean));
  }));

Deno.test("PasswordHasher refuses some of too many concurrent calls, and none later", async () => {
  const hasher = new BcryptHasher(4, 1);
  const flood = Promise.allSettled(Array.from({ length: 250 }, () => hasher.hash("a")));
  await assert.rejects(() => hasher.verify("a", null), HasherBusy);
  const refused = (await flood).filter(({ status }) => status === "rejected");
  assert(refused.length > 0);
  assert.equal(await hasher.verify("a", null), false);
  hasher.close();
});

Deno.test("PasswordHasher rejects pending calls when it closes", async () => {
  const hasher = new BcryptHasher(4, 1);
  const waiting = Promise.allSettled([hasher.hash("a"), hasher.hash("b")]);
  hasher.close();
  assert.deepEqual((await waiting).map(({ status }) => status), ["rejected", "rejected"]);
});
