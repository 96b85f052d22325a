import { matchesTag, namesTag } from "../core/entity_tag.ts";
import { AppError } from "../core/errors.ts";
import type { Media } from "../model/media.ts";
import type { BlobStore, ByteRange } from "./blobs/blob_store.ts";
import { downloadName } from "./download_name.ts";
import { contentDisposition } from "./file_name.ts";
import { isShownInline } from "./file_type.ts";
import { fileKey, thumbnailKey } from "./media_rules.ts";

const YEAR_S = 31_536_000;

/**
 * Lets the browser show an image or play a video alone, and execute nothing, whatever the file
 * contains.
 */
const SANDBOX =
  "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox";

/** One of the two files of an upload: the file itself or its thumbnail. */
export interface Representation {
  key: string;
  etag: string;
  type: string;
  size: number;
  name: string;
  modifiedAt: number;
}

/** Returns null if there is no thumbnail. */
export function representationOf(media: Media, thumbnail: boolean): Representation | null {
  const { blobId, sha256, createdAt: modifiedAt } = media;
  if (!thumbnail) {
    const { type, size } = media;
    const name = media.encrypted ? media.name : downloadName(media.name, type);
    return { key: fileKey(blobId), etag: `"${sha256}"`, type, size, name, modifiedAt };
  }
  if (media.thumbnailSize === null) return null;
  const { thumbnailSize: size } = media;
  const type = "image/webp";
  const key = thumbnailKey(blobId);
  const name = `${media.name}.webp`;
  return { key, etag: `"${sha256}-thumbnail"`, type, size, name, modifiedAt };
}

/**
 * `cacheSeconds` is how long the client may cache the file. Returns 304, 206 or 200 (RFC 9110,
 * sections 13 and 14); throws for a range that does not exist.
 */
export async function downloadResponse(
  request: Request,
  file: Representation,
  blobs: Pick<BlobStore, "get">,
  cacheSeconds = YEAR_S,
): Promise<Response> {
  requireMatch(request.headers, file);
  const headers = headersOf(file, cacheSeconds);
  if (isUnchanged(request.headers, file)) return new Response(null, { status: 304, headers });
  const range = rangeOf(request.headers, file);
  if (range) headers.set("content-range", `bytes ${range.start}-${range.end}/${file.size}`);
  headers.set("content-length", String(range ? range.end - range.start + 1 : file.size));
  const status = range ? 206 : 200;
  if (request.method === "HEAD") return new Response(null, { status, headers });
  const content = await blobs.get(file.key, range ?? undefined);
  if (!content) throw new AppError("not_found", "The bytes of this upload no longer exist");
  return new Response(content.body, { status, headers });
}

/** The range does not exist; `size` is for `Content-Range`. */
export class UnsatisfiableRange extends AppError {
  constructor(readonly size: number) {
    super("range_not_satisfiable", `Cannot read the range: it is outside of the ${size} bytes`);
  }
}

/** The content of an id never changes; access is checked only for requests that miss the cache. */
function cacheFor(seconds: number): string {
  return `private, max-age=${seconds}${seconds === YEAR_S ? ", immutable" : ""}`;
}

function headersOf(file: Representation, cacheSeconds: number): Headers {
  const shown = isShownInline(file.type) ? "inline" : "attachment";
  return new Headers({
    "content-type": file.type,
    "content-disposition": contentDisposition(shown, file.name),
    "etag": file.etag,
    "last-modified": new Date(file.modifiedAt).toUTCString(),
    "accept-ranges": "bytes",
    "cache-control": cacheFor(cacheSeconds),
    "vary": "Authorization",
    "content-security-policy": SANDBOX,
  });
}

/** Throws `precondition_failed`; If-Unmodified-Since counts only without If-Match. */
function requireMatch(headers: Headers, file: Representation): void {
  const tags = headers.get("if-match");
  const since = Date.parse(headers.get("if-unmodified-since") ?? "");
  const holds = tags !== null
    ? matchesTag(tags, file.etag)
    : Number.isNaN(since) || secondOf(file.modifiedAt) <= since;
  if (!holds) {
    throw new AppError("precondition_failed", "The upload differs from the one that you have");
  }
}

/** HTTP dates have no fractions of a second. */
function secondOf(time: number): number {
  return Math.floor(time / 1000) * 1000;
}

function isUnchanged(headers: Headers, file: Representation): boolean {
  const tags = headers.get("if-none-match");
  if (tags !== null) return namesTag(tags, file.etag);
  const since = Date.parse(headers.get("if-modified-since") ?? "");
  return !Number.isNaN(since) && secondOf(file.modifiedAt) <= since;
}

/**
 * Returns a single range; several ranges, other units and invalid ones are answered with the whole
 * file.
 */
function rangeOf(headers: Headers, file: Representation): ByteRange | null {
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/.exec(headers.get("range") ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return null;
  if (!holdsIfRange(headers.get("if-range"), file)) return null;
  const [from, to] = [match[1], match[2]].map((text) => text === "" ? null : Number(text));
  const start = from ?? Math.max(0, file.size - to!);
  const end = from === null || to === null ? file.size - 1 : Math.min(to, file.size - 1);
  if (from !== null && to !== null && to < from) return null;
  if (start >= file.size || (from === null && to === 0)) throw new UnsatisfiableRange(file.size);
  return { start, end };
}

/** Only a strong tag or the exact date proves that the rest belongs to what the client has. */
function holdsIfRange(condition: string | null, file: Representation): boolean {
  if (condition === null || condition === file.etag) return true;
  return Date.parse(condition) === secondOf(file.modifiedAt);
}
