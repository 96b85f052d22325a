import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { acceptedTotpStep, newTotpSecret, otpauthUrl } from "../../src/auth/totp.ts";

/** RFC 6238, appendix B: the secret "12345678901234567890" in base32. */
const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const VECTORS: [seconds: number, code: string][] = [
  [59, "287082"],
  [1111111109, "081804"],
  [1111111111, "050471"],
  [1234567890, "005924"],
  [2000000000, "279037"],
  [20000000000, "353130"],
];

for (const [seconds, code] of VECTORS) {
  Deno.test(`RFC 6238's code at ${seconds} s is accepted, with its step`, async () => {
    const step = await acceptedTotpStep(SECRET, code, { now: seconds * 1000, lastStep: 0 });
    assert.equal(step, Math.floor(seconds / 30));
  });
}

const NOW = 1_800_000_000_000;
const STEP = NOW / 30_000;

/** The code of RFC 4226, section 5.3, computed without the library. */
function codeAt(step: number): string {
  const counter = new Uint8Array(8);
  new DataView(counter.buffer).setBigUint64(0, BigInt(step));
  const mac = createHmac("sha1", "12345678901234567890").update(counter).digest();
  const at = mac[19] & 0x0f;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

Deno.test("acceptedTotpStep accepts one step before and after the current one, but not two", async () => {
  for (const [step, accepted] of [[-2, null], [-1, -1], [0, 0], [1, 1], [2, null]] as const) {
    const code = codeAt(STEP + step);
    const got = await acceptedTotpStep(SECRET, code, { now: NOW, lastStep: 0 });
    assert.equal(got, accepted === null ? null : STEP + accepted, `${step}`);
  }
});

Deno.test("acceptedTotpStep accepts a code once, and no earlier code afterwards", async () => {
  const lastStep = await acceptedTotpStep(SECRET, codeAt(STEP), { now: NOW, lastStep: 0 });
  assert.equal(lastStep, STEP);
  const again = (step: number) =>
    acceptedTotpStep(SECRET, codeAt(step), { now: NOW + 1000, lastStep: STEP });
  assert.equal(await again(STEP), null);
  assert.equal(await again(STEP - 1), null);
  assert.equal(await again(STEP + 1), STEP + 1);
});

Deno.test("acceptedTotpStep rejects a used step after the clock was set back", async () => {
  const before = { now: NOW - 3_600_000, lastStep: STEP };
  assert.equal(await acceptedTotpStep(SECRET, codeAt(STEP - 120), before), null);
});

Deno.test("acceptedTotpStep ignores spaces and rejects anything but six digits", async () => {
  const code = codeAt(STEP);
  const accept = (input: string) => acceptedTotpStep(SECRET, input, { now: NOW, lastStep: 0 });
  assert.equal(await accept(` ${code.slice(0, 3)} ${code.slice(3)} `), STEP);
  for (
    const bad of ["", code.slice(1), `${code}0`, "abcdef", "１２３４５６", `-${code}`, "1e5000"]
  ) {
    assert.equal(await accept(bad), null, bad);
  }
});

Deno.test("newTotpSecret returns a different secret of 160 bits each time", async () => {
  const secrets = await Promise.all(Array.from({ length: 20 }, newTotpSecret));
  assert.equal(new Set(secrets).size, 20);
  for (const secret of secrets) assert.match(secret, /^[A-Z2-7]{32}$/);
});

Deno.test("otpauthUrl separates names with any characters", async () => {
  const name = { issuer: "Chat & Co: é", account: "ada+x@example.com?secret=AAAA" };
  const url = new URL(await otpauthUrl(SECRET, name));
  assert.equal(url.protocol, "otpauth:");
  assert.equal(url.searchParams.get("issuer"), name.issuer);
  assert.deepEqual(url.searchParams.getAll("secret"), [SECRET]);
  assert.ok(decodeURIComponent(url.pathname).endsWith(`:${name.account}`));
});
