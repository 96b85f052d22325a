import assert from "node:assert/strict";
import { detectFileType, HEAD_SIZE, isShownInline } from "../../src/media/file_type.ts";
import { Random } from "../support/random_bytes.ts";

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function ftyp(major: string, ...compatible: string[]): string {
  const size = 16 + 4 * compatible.length;
  return `\0\0\0${String.fromCharCode(size)}ftyp${major}\0\0\0\0${compatible.join("")}`;
}

/** Returns the first page of a stream. */
function oggPage(payload: string): string {
  return `OggS\0\x02${"\0".repeat(22)}${payload}`;
}

/** Returns a file with a track list of these types: 1 is video, 2 is audio. */
function webm(docType: string, ...trackTypes: number[]): string {
  const element = (id: string, content: string) =>
    id + String.fromCharCode(0x80 + content.length) + content;
  const entries = trackTypes.map((type) =>
    element("\xae", element("\xd7", "\x01") + element("\x83", String.fromCharCode(type)))
  );
  const header = element("\x1a\x45\xdf\xa3", element("\x42\x82", docType));
  const info = element("\x15\x49\xa9\x66", element("\x4d\x80", "test"));
  const segment = "\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff";
  return header + segment + info + element("\x16\x54\xae\x6b", entries.join(""));
}

function zipEntry(name: string, content = ""): string {
  const length = String.fromCharCode(name.length);
  return `PK\x03\x04${"\0".repeat(22)}${length}\0\0\0${name}${content}`;
}

const OFFICE = "application/vnd.openxmlformats-officedocument.";

Deno.test("detectFileType detects the types that chats share", () => {
  const cases: [string, string, string][] = [
    ["\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg", "image"],
    ["\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png", "image"],
    ["GIF87a", "image/gif", "image"],
    ["GIF89a", "image/gif", "image"],
    ["RIFF\0\0\0\0WEBPVP8 ", "image/webp", "image"],
    [ftyp("avif", "mif1", "miaf"), "image/avif", "image"],
    [ftyp("mif1", "mif1", "avif"), "image/avif", "image"],
    [ftyp("heic", "mif1"), "image/heic", "image"],
    [ftyp("mif1", "heic"), "image/heic", "image"],
    [ftyp("mif1"), "image/heic", "image"],
    [ftyp("isom", "mp41"), "video/mp4", "video"],
    [ftyp("mp42"), "video/mp4", "video"],
    [ftyp("M4V "), "video/mp4", "video"],
    [ftyp("M4A "), "audio/mp4", "audio"],
    [ftyp("qt  "), "video/quicktime", "video"],
    [ftyp("3gp5"), "video/3gpp", "video"],
    ["\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "video/webm", "video"],
    ["\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska", "video/x-matroska", "video"],
    [webm("webm", 2), "audio/webm", "audio"],
    [webm("webm", 1), "video/webm", "video"],
    [webm("webm", 2, 1), "video/webm", "video"],
    [webm("matroska", 2), "audio/x-matroska", "audio"],
    [webm("webm", 2).slice(0, -1), "video/webm", "video"],
    ["RIFF\0\0\0\0WAVEfmt ", "audio/wav", "audio"],
    ["fLaC\0\0\0\x22", "audio/flac", "audio"],
    [oggPage("OpusHead"), "audio/ogg", "audio"],
    [oggPage("\x01vorbis"), "audio/ogg", "audio"],
    [oggPage("\x80theora"), "video/ogg", "video"],
    [oggPage("\x01vorbis") + oggPage("\x80theora"), "video/ogg", "video"],
    [oggPage("fishead") + oggPage("OpusHead"), "audio/ogg", "audio"],
    ["ID3\x04\0\0", "audio/mpeg", "audio"],
    ["\xff\xfb\x90\x64", "audio/mpeg", "audio"],
    ["\xff\xf1\x50\x80\x01\x7f\xfc", "audio/aac", "audio"],
    ["%PDF-1.7\n", "application/pdf", "file"],
    [zipEntry("a.txt", "hello"), "application/zip", "file"],
    ["PK\x05\x06" + "\0".repeat(18), "application/zip", "file"],
    [
      zipEntry("[Content_Types].xml", "…") + zipEntry("word/document.xml"),
      `${OFFICE}wordprocessingml.document`,
      "file",
    ],
    [
      zipEntry("_rels/.rels", "x") + zipEntry("xl/workbook.xml"),
      `${OFFICE}spreadsheetml.sheet`,
      "file",
    ],
    [
      zipEntry("mimetype", "application/vnd.oasis.opendocument.text"),
      "application/vnd.oasis.opendocument.text",
      "file",
    ],
    ["<svg xmlns='x' onload='alert(1)'/>", "image/svg+xml", "file"],
    ["\n<?xml version='1.0'?>\n<!-- c --><svg>", "image/svg+xml", "file"],
    ["<?xml version='1.0'?><a/>", "application/xml", "file"],
    ["<!doctype html><script>alert(1)</script>", "text/plain; charset=utf-8", "file"],
    ["hello\tworld\r\n", "text/plain; charset=utf-8", "file"],
    ["hello\0world", "application/octet-stream", "file"],
    ["\xff\xfe\0\0", "application/octet-stream", "file"],
    ["", "application/octet-stream", "file"],
  ];
  for (const [bytes, contentType, kind] of cases) {
    const found = detectFileType(latin1(bytes));
    assert.deepEqual([found.contentType, found.kind], [contentType, kind], JSON.stringify(bytes));
  }
});

Deno.test("detectFileType accepts text cut within a character only at the end of the head", () => {
  const text = new TextEncoder().encode("日本語".repeat(1000));
  for (let end = HEAD_SIZE; end < HEAD_SIZE + 3; end++) {
    const { contentType } = detectFileType(text.subarray(0, end));
    assert.equal(contentType, "text/plain; charset=utf-8");
  }
  assert.equal(detectFileType(text.subarray(1, 10)).contentType, "application/octet-stream");
  assert.equal(detectFileType(text.subarray(0, 10)).contentType, "application/octet-stream");
});

Deno.test("isShownInline is true only for images, video and audio", () => {
  assert.ok(isShownInline("image/png"));
  assert.ok(isShownInline("video/mp4"));
  for (
    const type of ["image/svg+xml", "text/plain; charset=utf-8", "application/pdf", "text/html"]
  ) {
    assert.ok(!isShownInline(type), type);
  }
});

Deno.test("detectFileType accepts any bytes, cut anywhere", () => {
  const random = new Random(91);
  const magics = [
    "\xff\xd8\xff",
    "RIFF",
    "\0\0\0\x20ftypmif1",
    "OggS",
    "PK\x03\x04",
    "\x1a\x45\xdf\xa3",
  ];
  for (let i = 0; i < 500; i++) {
    const magic = latin1(magics[random.below(magics.length)]);
    const bytes = new Uint8Array([...magic, ...random.bytes(random.below(80))]);
    const found = detectFileType(bytes.subarray(0, random.below(bytes.byteLength + 1)));
    assert.match(found.contentType, /^[a-z]+\//);
  }
});
