import assert from "node:assert/strict";
import { cleanFileName, contentDisposition } from "../../src/media/file_name.ts";
import { Random } from "../support/random_bytes.ts";

Deno.test("cleanFileName does not change a safe name", () => {
  for (
    const name of [
      "photo.jpg",
      "Überblick 2.pdf",
      "日本語.txt",
      "a.tar.gz",
      "👨‍👩‍👧.png",
      "می‌خواهم.txt",
    ]
  ) {
    assert.equal(cleanFileName(name), name);
  }
});

Deno.test("cleanFileName cleans an unsafe name", () => {
  const cases: [string, string][] = [
    ["../../etc/passwd", "passwd"],
    ["C:\\Users\\me\\a.txt", "a.txt"],
    ["a/b/", "b"],
    ["..", "file"],
    ["", "file"],
    [" . ", "file"],
    [".bashrc", "bashrc"],
    ["a.txt. . ", "a.txt"],
    ["a\0b\r\nc.txt", "abc.txt"],
    ["invoice\u202egpj.exe", "invoicegpj.exe"],
    ["a\u200bb\ufeff.txt", "ab.txt"],
    ["\u200dx.txt", "x.txt"],
    ["a<b>|c?.txt", "a_b__c_.txt"],
    ['say "hi".txt', "say _hi_.txt"],
    ["con", "_con"],
    ["NUL.txt", "_NUL.txt"],
    ["com1.tar.gz", "_com1.tar.gz"],
    ["console.log", "console.log"],
    ["e\u0301.txt", "é.txt"],
    ["a  \t b.txt", "a b.txt"],
    ["x\ud800y.txt", "xy.txt"],
  ];
  for (const [name, clean] of cases) assert.equal(cleanFileName(name), clean, JSON.stringify(name));
});

Deno.test("cleanFileName shortens by bytes, at whole characters, and keeps the extension", () => {
  const name = cleanFileName("👨‍👩‍👧".repeat(50) + ".jpeg");
  assert.match(name, /^(👨‍👩‍👧)+\.jpeg$/u);
  const size = new TextEncoder().encode(name).byteLength;
  assert.ok(size <= 200 && size > 170, `${size} bytes`);
  assert.equal(cleanFileName("x".repeat(300)).length, 200);
  assert.equal(cleanFileName(`a.${"x".repeat(300)}`).length, 200);
});

Deno.test("contentDisposition serves old and new clients", () => {
  assert.equal(contentDisposition("inline", "a b.png"), 'inline; filename="a b.png"');
  assert.equal(
    contentDisposition("attachment", "€ rate's (1).txt"),
    `attachment; filename="_ rate's (1).txt"; filename*=UTF-8''%E2%82%AC%20rate%27s%20%281%29.txt`,
  );
  assert.equal(
    contentDisposition("attachment", '100%".txt\r\nX-Evil: 1'),
    `attachment; filename="100__.txtX-Evil_ 1"; filename*=UTF-8''100%25_.txtX-Evil_%201`,
  );
});

Deno.test("cleanFileName returns a clean, stable name that fits into a header, for any input", () => {
  const random = new Random(92);
  const parts = [
    "a",
    ".",
    "..",
    "/",
    "\\",
    "con",
    "\u202e",
    "\0",
    "\n",
    '"',
    "😀",
    "é",
    " ",
    "\ud83d",
    "%",
    "\u200d",
  ];
  for (let i = 0; i < 2000; i++) {
    const length = random.below(90);
    const name = Array.from({ length }, () => parts[random.below(parts.length)]).join("");
    const clean = cleanFileName(name);
    assert.equal(cleanFileName(clean), clean, JSON.stringify(name));
    assert.ok(clean.length > 0 && new TextEncoder().encode(clean).byteLength <= 200);
    assert.doesNotMatch(clean, /[/\\\p{Cc}\u202e\p{Cs}]|^\.|[. ]$/u);
    const header = contentDisposition("attachment", name);
    assert.match(
      header,
      /^attachment; filename="[^"\\]*"(; filename\*=UTF-8''[\w!#$&+\-.^`|~%]+)?$/,
    );
    new Headers({ "content-disposition": header });
  }
});
