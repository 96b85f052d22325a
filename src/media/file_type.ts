import { webmTracks } from "./tracks_webm.ts";

/**
 * Detects a file's type by its first bytes. The name and the type that a client claims prove
 * nothing: an attacker chooses them.
 *
 * A custom table rather than a library: the list is short on purpose (what chats share, and what is
 * shown in the page), it needs only the head of a stream, and npm `file-type` unpacks untrusted
 * archives to distinguish office documents.
 */
export type MediaKind = "image" | "video" | "audio" | "file";

export interface FileType {
  /** Media type, without parameters except for text. */
  contentType: string;
  kind: MediaKind;
  /** Including the dot, or `""`. */
  extension: string;
}

/** Number of bytes that `detectFileType` needs; more do not change the result. */
export const HEAD_SIZE = 4096;

type Test = (head: Uint8Array) => boolean;

/** The first match wins. Bytes are written as Latin-1. */
const TYPES: [contentType: string, kind: MediaKind, extension: string, test: Test][] = [
  ["image/jpeg", "image", ".jpg", startsWith("\xff\xd8\xff")],
  ["image/png", "image", ".png", startsWith("\x89PNG\r\n\x1a\n")],
  ["image/gif", "image", ".gif", any(startsWith("GIF87a"), startsWith("GIF89a"))],
  ["image/webp", "image", ".webp", riff("WEBP")],
  ["image/avif", "image", ".avif", brand("avif", "avis")],
  ["image/heic", "image", ".heic", brand("heic", "heix", "hevc", "hevx", "heim", "heis", "mif1")],
  [
    "video/mp4",
    "video",
    ".mp4",
    brand("isom", "iso", "mp4", "avc1", "dash", "mmp4", "MSNV", "M4V"),
  ],
  ["audio/mp4", "audio", ".m4a", brand("M4A", "M4B")],
  ["video/quicktime", "video", ".mov", brand("qt  ")],
  ["video/3gpp", "video", ".3gp", brand("3gp", "3g2")],
  ["audio/webm", "audio", ".weba", all(ebml("webm"), soundOnly)],
  ["video/webm", "video", ".webm", ebml("webm")],
  ["audio/x-matroska", "audio", ".mka", all(ebml("matroska"), soundOnly)],
  ["video/x-matroska", "video", ".mkv", ebml("matroska")],
  ["audio/wav", "audio", ".wav", riff("WAVE")],
  ["video/x-msvideo", "video", ".avi", riff("AVI ")],
  ["audio/flac", "audio", ".flac", startsWith("fLaC")],
  ["audio/ogg", "audio", ".ogg", all(startsWith("OggS"), oggAudio)],
  ["video/ogg", "video", ".ogv", startsWith("OggS")],
  ["audio/mpeg", "audio", ".mp3", any(startsWith("ID3"), mpegFrame)],
  ["audio/aac", "audio", ".aac", adtsFrame],
  ["application/pdf", "file", ".pdf", startsWith("%PDF-")],
  [officeType("wordprocessingml.document"), "file", ".docx", zipWith("word/")],
  [officeType("spreadsheetml.sheet"), "file", ".xlsx", zipWith("xl/")],
  [officeType("presentationml.presentation"), "file", ".pptx", zipWith("ppt/")],
  [openDocument("text"), "file", ".odt", zipOf(openDocument("text"))],
  [openDocument("spreadsheet"), "file", ".ods", zipOf(openDocument("spreadsheet"))],
  [openDocument("presentation"), "file", ".odp", zipOf(openDocument("presentation"))],
  ["application/epub+zip", "file", ".epub", zipOf("application/epub+zip")],
  ["application/zip", "file", ".zip", any(startsWith("PK\x03\x04"), startsWith("PK\x05\x06"))],
  ["application/gzip", "file", ".gz", startsWith("\x1f\x8b\x08")],
  ["application/x-7z-compressed", "file", ".7z", startsWith("7z\xbc\xaf\x27\x1c")],
  ["application/vnd.rar", "file", ".rar", startsWith("Rar!\x1a\x07")],
  ["application/x-ole-storage", "file", "", startsWith("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")],
  // SVG and other XML are documents that can contain scripts: never an image, never shown in the
  // page.
  ["image/svg+xml", "file", ".svg", all(isText, textHas(/<svg[\s>]/i))],
  ["application/xml", "file", ".xml", all(isText, textHas(/^\s*<\?xml\s/))],
  // HTML counts as text too; with `nosniff`, browsers treat it as such.
  ["text/plain; charset=utf-8", "file", ".txt", isText],
];

/** Extension of each type, without parameters; empty if it has none. */
export const TYPE_EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ...TYPES.map(([type, , extension]): [string, string] => [type.split(";")[0], extension]),
  // Detected by the tracks; see `typeByTracks`.
  ["audio/3gpp", ".3gp"],
]);

const UNKNOWN: FileType = {
  contentType: "application/octet-stream",
  kind: "file",
  extension: "",
};

/** `head` is the start of the file, up to `HEAD_SIZE` bytes; a longer file may be cut anywhere. */
export function detectFileType(head: Uint8Array): FileType {
  const seen = head.subarray(0, HEAD_SIZE);
  const found = TYPES.find(([, , , test]) => test(seen));
  if (!found) return UNKNOWN;
  const [contentType, kind, extension] = found;
  return { contentType, kind, extension };
}

/**
 * True if a browser may show the type in the page. Everything else is sent as an attachment, with
 * `X-Content-Type-Options: nosniff` and a sandbox in both cases.
 */
export function isShownInline(contentType: string): boolean {
  return /^(image|video|audio)\//.test(contentType) && contentType !== "image/svg+xml";
}

function startsWith(magic: string): Test {
  return (head) => holds(head, 0, magic);
}

function holds(head: Uint8Array, at: number, magic: string): boolean {
  if (head.byteLength < at + magic.length) return false;
  for (let i = 0; i < magic.length; i++) {
    if (head[at + i] !== magic.charCodeAt(i)) return false;
  }
  return true;
}

function any(...tests: Test[]): Test {
  return (head) => tests.some((test) => test(head));
}

function all(...tests: Test[]): Test {
  return (head) => tests.every((test) => test(head));
}

function riff(form: string): Test {
  return (head) => holds(head, 0, "RIFF") && holds(head, 8, form);
}

/**
 * Matches the major brand of an ISO base media file (ISO/IEC 14496-12, section 4.3); for `mif1`, a
 * compatible brand may be more specific.
 */
function brand(...brands: string[]): Test {
  return (head) => {
    if (!holds(head, 4, "ftyp")) return false;
    if (brands.some((name) => holds(head, 8, name) && !isGeneric(head))) return true;
    return isGeneric(head) && compatibleBrands(head).some((name) => brands.includes(name));
  };
}

function isGeneric(head: Uint8Array): boolean {
  return holds(head, 8, "mif1") || holds(head, 8, "msf1");
}

function compatibleBrands(head: Uint8Array): string[] {
  const size = new DataView(head.buffer, head.byteOffset).getUint32(0);
  const names: string[] = [];
  for (let at = 16; at + 4 <= Math.min(size, head.byteLength); at += 4) {
    names.push(latin1(head.subarray(at, at + 4)));
  }
  // The generic brand itself is the last resort.
  return names.filter((name) => name !== "mif1" && name !== "msf1").concat("mif1");
}

/** Matroska's DocType is among the first elements of the file (RFC 8794, section 11.2.4). */
function ebml(docType: string): Test {
  return (head) =>
    holds(head, 0, "\x1a\x45\xdf\xa3") && latin1(head.subarray(0, 64)).includes(docType);
}

function soundOnly(head: Uint8Array): boolean {
  return webmTracks(head) === "audio";
}

/**
 * Each stream begins with a separate page, before all other pages, whose payload starts with the
 * codec's header (RFC 3533; RFC 7845 for Opus).
 */
function oggAudio(head: Uint8Array): boolean {
  const text = latin1(head);
  const first = text.split("OggS").slice(1).filter((page) => page.charCodeAt(1) & 2);
  const has = (...codecs: string[]) =>
    first.some((page) => codecs.some((codec) => page.slice(0, 64).includes(codec)));
  if (has("\x80theora", "BBCD\0", "OVP80")) return false;
  return has("OpusHead", "\x01vorbis", "Speex   ", "\x7fFLAC");
}

/** Frame sync with a valid layer, bit rate and sampling rate (ISO/IEC 11172-3, section 2.4.1.3). */
function mpegFrame(head: Uint8Array): boolean {
  const [sync, version, rates] = head;
  const layer = (version >> 1) & 3;
  return head.byteLength >= 4 && sync === 0xff && (version & 0xe0) === 0xe0 &&
    layer !== 0 && ((version >> 3) & 3) !== 1 &&
    (rates >> 4) !== 0 && (rates >> 4) !== 15 && ((rates >> 2) & 3) !== 3;
}

/** ISO/IEC 14496-3, annex 1.A: the sync word with layer 0. */
function adtsFrame(head: Uint8Array): boolean {
  return head.byteLength >= 7 && head[0] === 0xff && (head[1] & 0xf6) === 0xf0;
}

/**
 * Office Open XML: an archive whose first entries include the content types and a folder per
 * application.
 */
function zipWith(folder: string): Test {
  return (head) => {
    const text = holds(head, 0, "PK\x03\x04") ? latin1(head) : "";
    return /\[Content_Types\]\.xml|_rels\/\.rels/.test(text) && text.includes(folder);
  };
}

/**
 * OpenDocument and EPUB: the first entry is stored uncompressed, is named `mimetype`, and contains
 * the type.
 */
function zipOf(contentType: string): Test {
  return (head) => holds(head, 0, "PK\x03\x04") && holds(head, 30, `mimetype${contentType}`);
}

function officeType(name: string): string {
  return `application/vnd.openxmlformats-officedocument.${name}`;
}

function openDocument(name: string): string {
  return `application/vnd.oasis.opendocument.${name}`;
}

/**
 * UTF-8 without control characters except tab, line feed, form feed and carriage return; not empty.
 */
function isText(head: Uint8Array): boolean {
  if (head.byteLength === 0) return false;
  try {
    // A head may end within a character: `stream` allows that. A complete short file may not.
    const stream = head.byteLength >= HEAD_SIZE;
    const text = new TextDecoder("utf-8", { fatal: true }).decode(head, { stream });
    // deno-lint-ignore no-control-regex
    return !/[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]/.test(text);
  } catch {
    return false;
  }
}

function textHas(pattern: RegExp): Test {
  return (head) => pattern.test(new TextDecoder().decode(head));
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
