import { lazy } from "../core/lazy.ts";
import { isVisible } from "../core/visible_text.ts";

/**
 * Bytes of UTF-8. Common file systems accept 255; this leaves room for what a browser adds, as in
 * `name (1).pdf.part`.
 */
const MAX_BYTES = 200;

/**
 * Not allowed in names: separators, controls, characters that Windows forbids, and invisible or
 * reordering ones.
 */
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}/\\:*?"<>|]/gu;

/**
 * Device names, which Windows reserves with any extension (Naming Files, Paths, and Namespaces).
 */
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=\.|$)/i;

/**
 * Returns a name that is safe to show and to save on any system: the last part of a path, in NFC,
 * without characters that could hide, reorder or break it, and not a hidden file. Shortening keeps
 * the extension. An empty result becomes `file`.
 */
export function cleanFileName(name: string): string {
  const last = name.normalize("NFC").split(/[/\\]/).findLast((part) => part.trim() !== "") ?? "";
  const visible = withoutForbidden(last).replace(/\s+/gu, " ");
  const trimmed = visible.replace(/^[. ]+|[. ]+$/g, "");
  const safe = RESERVED.test(trimmed) ? `_${trimmed}` : trimmed;
  return isVisible(safe) ? shorten(safe) : "file";
}

/**
 * Returns the value of `Content-Disposition` (RFC 6266): the name in ASCII for old clients, and in
 * UTF-8 (RFC 8187) if that differs. Accepts any name and cleans it again.
 */
export function contentDisposition(type: "inline" | "attachment", name: string): string {
  const clean = cleanFileName(name);
  const ascii = clean.replace(/[^\x20-\x7e]/gu, "_").replaceAll("%", "_");
  const plain = `${type}; filename="${ascii}"`;
  return ascii === clean ? plain : `${plain}; filename*=UTF-8''${encodeExtended(clean)}`;
}

function withoutForbidden(text: string): string {
  // A joiner between two visible characters stays: emoji and several scripts need it. The pattern
  // is local, so that its tables are built for the first name and not at the start of the server.
  const pattern = /(?<=[\p{L}\p{M}\p{S}\ufe0f])[\u200c\u200d](?=[\p{L}\p{M}\p{S}])/gu;
  const joiners = new Set(Array.from(text.matchAll(pattern), (match) => match.index));
  return text.replace(FORBIDDEN, (char, at: number) => {
    if (joiners.has(at)) return char;
    return /[\p{Cf}\p{Cc}\p{Cs}]/u.test(char) ? "" : "_";
  });
}

/** Cuts whole graphemes off the stem, so that no character is split. */
function shorten(name: string): string {
  if (bytesIn(name) <= MAX_BYTES) return name;
  const extension = name.match(/\.[\p{L}\p{N}]{1,16}$/u)?.[0] ?? "";
  const room = MAX_BYTES - bytesIn(extension);
  let stem = "";
  let size = 0;
  for (const { segment } of graphemes().segment(name.slice(0, name.length - extension.length))) {
    size += bytesIn(segment);
    if (size > room) break;
    stem += segment;
  }
  return stem.trimEnd() + extension;
}

/** Creating a segmenter takes 10 ms or more. */
const graphemes = lazy(() => new Intl.Segmenter("und", { granularity: "grapheme" }));

function bytesIn(text: string): number {
  return new TextEncoder().encode(text).byteLength;
}

/**
 * `attr-char` of RFC 8187 allows slightly fewer characters than `encodeURIComponent` leaves
 * unescaped.
 */
function encodeExtended(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
