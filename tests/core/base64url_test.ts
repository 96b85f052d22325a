import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { base64UrlBytes, fromBase64Url, toBase64Url } from "../../src/core/base64url.ts";

const BYTES = Uint8Array.from({ length: 70_000 }, (_, at) => (at * 7919) >> 3);

Deno.test("base64url agrees with Node's, at every length modulo three", () => {
  for (const length of [0, 1, 2, 3, 4, 65, BYTES.length]) {
    const bytes = BYTES.subarray(0, length);
    const text = toBase64Url(bytes);
    assert.equal(text, Buffer.from(bytes).toString("base64url"));
    assert.deepEqual(fromBase64Url(text), new Uint8Array(bytes));
    assert.equal(base64UrlBytes(text), length);
  }
});

Deno.test("base64url throws for padding, other alphabets and texts that are cut off", () => {
  for (const text of ["AA==", "+/+/", "A", "AA A", "ä"]) {
    assert.throws(() => fromBase64Url(text), SyntaxError, text);
  }
});

Deno.test("base64url without the native methods does the same", async () => {
  const bare = `
    delete Uint8Array.fromBase64;
    delete Uint8Array.prototype.toBase64;
    const { fromBase64Url, toBase64Url } = await import(Deno.args[0]);
    const bytes = Uint8Array.from({ length: 70000 }, (_, at) => (at * 7919) >> 3);
    const text = toBase64Url(bytes);
    console.log(Buffer.from(bytes).toString("base64url") === text && fromBase64Url(text).length);`;
  const folder = await Deno.makeTempDir();
  const program = `${folder}/bare.ts`;
  await Deno.writeTextFile(program, `import { Buffer } from "node:buffer";${bare}`);
  const module = new URL("../../src/core/base64url.ts", import.meta.url).href;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-read", program, module],
  }).output();
  await Deno.remove(folder, { recursive: true });
  assert.equal(new TextDecoder().decode(stdout).trim(), "70000");
});
