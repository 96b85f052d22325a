import assert from "node:assert/strict";
import { encode } from "uqr";
import { qrCodeSvg } from "../../src/auth/qr_code.ts";

const URL = "otpauth://totp/Chat:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Chat";

/** Returns the dark modules of the path, `M x,y h w v h …`, as a grid. */
function modulesOf(svg: string): Set<string> {
  const [, path] = /<path[^>]* d="([^"]*)"/.exec(svg)!;
  return new Set([...path.matchAll(/M(\d+),(\d+)/g)].map(([, x, y]) => `${+x / 4},${+y / 4}`));
}

Deno.test("qrCodeSvg draws the modules of the QR code, with its quiet zone", () => {
  const { data, size } = encode(URL, { ecc: "M", border: 4 });
  const dark = data.flatMap((row, y) => row.flatMap((on, x) => on ? [`${x},${y}`] : []));
  assert.ok(dark.length > 300);
  assert.deepEqual(modulesOf(qrCodeSvg(URL)), new Set(dark));
  assert.ok(dark.every((at) => at.split(",").every((n) => +n >= 4 && +n < size - 4)));
});

Deno.test("qrCodeSvg contains neither the text nor anything executable", () => {
  const svg = qrCodeSvg(`${URL}</svg><script>alert(1)</script>`);
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="[^"]+"/);
  assert.doesNotMatch(svg, /script|style|href|otpauth|GEZD/);
});
