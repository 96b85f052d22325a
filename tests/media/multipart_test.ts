import assert from "node:assert/strict";
import { boundaryOf, multipartParts } from "../../src/media/multipart.ts";
import { bodyOf, bytesOf, Random, randomlyChunked } from "../support/random_bytes.ts";

const encoder = new TextEncoder();

async function partsOf(body: ReadableStream<Uint8Array>, boundary: string) {
  const parts: { name: string; fileName: string | null; bytes: Uint8Array }[] = [];
  for await (const { name, fileName, body: part } of multipartParts(body, boundary)) {
    parts.push({ name, fileName, bytes: await bytesOf(part) });
  }
  return parts;
}

Deno.test("multipartParts reads what FormData writes, however it is cut into chunks", async () => {
  const random = new Random(7);
  for (let round = 0; round < 40; round++) {
    const form = new FormData();
    const expected = Array.from({ length: random.below(4) }, (_, i) => {
      // Bytes that look like beginnings of boundaries.
      const bytes = random.bytes(random.below(5_000)).map((byte) =>
        "\r\n--WebKit"[byte % 10].charCodeAt(0)
      );
      const fileName = ['a "b".txt', "日本語.png", "x\\y.bin"][i];
      form.append(`f${i}`, new Blob([bytes]), fileName);
      return { name: `f${i}`, fileName, bytes };
    });
    form.append("text", "wörd");
    expected.push({
      name: "text",
      fileName: null as unknown as string,
      bytes: encoder.encode("wörd"),
    });
    const request = new Request("http://x", { method: "POST", body: form });
    const boundary = boundaryOf(request.headers.get("content-type"));
    const bytes = new Uint8Array(await request.arrayBuffer());
    const parts = await partsOf(randomlyChunked(bytes, random, 700), boundary);
    assert.deepEqual(parts, expected);
  }
});

Deno.test("multipartParts skips unread parts", async () => {
  const form = new FormData();
  for (const name of ["a", "b", "c"]) form.append(name, "x".repeat(100_000));
  const request = new Request("http://x", { method: "POST", body: form });
  const boundary = boundaryOf(request.headers.get("content-type"));
  const names: string[] = [];
  for await (const { name } of multipartParts(request.body!, boundary)) names.push(name);
  assert.deepEqual(names, ["a", "b", "c"]);
});

Deno.test("multipartParts reports a malformed form at any position", async () => {
  const whole = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nhello\r\n--b--\r\n';
  const read = (text: string) => partsOf(bodyOf(encoder.encode(text)), "b");
  assert.equal((await read(whole)).length, 1);
  const last = whole.indexOf("--b--") + "--b--".length;
  for (let end = 0; end < last; end++) {
    await assert.rejects(read(whole.slice(0, end)), { code: "invalid_request" });
  }
  for (
    const bad of [
      whole.replace("form-data", "attachment"),
      whole.replace(' name="a"', ""),
      whole.replace("--b\r\n", "--bc\r\n"),
    ]
  ) await assert.rejects(read(bad), { code: "invalid_request" }, bad);
});

Deno.test("boundaryOf accepts only multipart/form-data with a boundary", () => {
  assert.equal(boundaryOf('Multipart/Form-Data; charset=utf-8; boundary="a b"'), "a b");
  assert.equal(boundaryOf("multipart/form-data;boundary=x"), "x");
  const long = `multipart/form-data; boundary=${"x".repeat(71)}`;
  for (
    const bad of [
      null,
      "",
      "application/json",
      "multipart/form-data",
      "multipart/mixed; boundary=x",
      long,
    ]
  ) {
    assert.throws(() => boundaryOf(bad), { code: "unsupported_media_type" });
  }
});
