import { Buffer } from "node:buffer";
import { CHECKSUM_ALGORITHMS, TUS_VERSION } from "../api/operations/tus.ts";
import { AppError, quote } from "../core/errors.ts";
import { isId } from "../core/ids.ts";
import type { Checksum } from "./checksum_stream.ts";
import type { NewUpload } from "./resumable_uploads.ts";

const EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination,concatenation";

/**
 * Maximum number of parts of a final upload; the official client creates as many as configured, a
 * handful.
 */
const MAX_PARTS = 32;

/** Maximum number of characters of a stored header. */
const MAX_HEADER = 2048;

const TUS_PATCH_TYPE = "application/offset+octet-stream";

export function tusHeaders(extra: Record<string, string> = {}): Record<string, string> {
  return { "tus-resumable": TUS_VERSION, "cache-control": "no-store", ...extra };
}

/** Headers that a client sends with the bytes from `offset` on. */
export function tusPatchHeaders(offset: number): Record<string, string> {
  return {
    "tus-resumable": TUS_VERSION,
    "upload-offset": String(offset),
    "content-type": TUS_PATCH_TYPE,
  };
}

/** Response to `OPTIONS`. */
export function tusOptions(maxSize: number): Response {
  const headers = tusHeaders({
    "tus-version": TUS_VERSION,
    "tus-extension": EXTENSIONS,
    "tus-checksum-algorithm": CHECKSUM_ALGORITHMS.join(","),
    "tus-max-size": String(maxSize),
  });
  return new Response(null, { status: 204, headers });
}

/** Throws `precondition_failed`: the protocol requires 412 for an unsupported version. */
export function requireTus(headers: Headers): void {
  if (headers.get("tus-resumable") === TUS_VERSION) return;
  throw new AppError("precondition_failed", `The header Tus-Resumable must be ${TUS_VERSION}`);
}

/** Parses a creation request. Throws `invalid_request` if it does not declare the length. */
export function newUploadOf(headers: Headers): NewUpload {
  if (headers.has("upload-defer-length")) {
    throw new AppError(
      "invalid_request",
      "Upload-Defer-Length is not supported: send Upload-Length",
    );
  }
  const header = headers.get("upload-metadata") ?? "";
  const concat = headers.get("upload-concat") ?? "";
  if (header.length > MAX_HEADER || concat.length > MAX_HEADER) {
    const message = `Upload-Metadata and Upload-Concat have at most ${MAX_HEADER} characters`;
    throw new AppError("invalid_request", message);
  }
  const parts = partsOf(concat);
  const metadata = metadataOf(header);
  return {
    size: parts ? 0 : countIn(headers, "upload-length"),
    name: metadata.get("filename") ?? metadata.get("name") ?? "file",
    chatId: metadata.get("chatId"),
    tus: { metadata: header, concat },
    parts,
  };
}

/**
 * Returns the ids in `final;<url> <url> …`, whose URLs are absolute or paths; undefined if it is
 * not final.
 */
function partsOf(concat: string): string[] | undefined {
  if (concat === "" || concat === "partial") return undefined;
  const urls = /^final;\s*(\S.*)$/.exec(concat)?.[1].trim().split(/\s+/) ?? [];
  const ids = urls.map((url) => url.split("?")[0].split("/").at(-1)!);
  if (ids.length > 0 && ids.length <= MAX_PARTS && ids.every(isId)) return ids;
  const message = `Upload-Concat must be partial, or final; and 1 to ${MAX_PARTS} uploads, not `;
  throw new AppError("invalid_request", message + quote(concat));
}

/** Returns null if no checksum is given. Throws `invalid_request` for an unsupported algorithm. */
export function checksumOf(headers: Headers): Checksum | null {
  const header = headers.get("upload-checksum");
  if (header === null) return null;
  const [name, digest = ""] = header.trim().split(/\s+/);
  const algorithm = CHECKSUM_ALGORITHMS.find((supported) => supported === name.toLowerCase());
  if (algorithm && /^[A-Za-z0-9+/]+={0,2}$/.test(digest)) return { algorithm, digest };
  const offered = CHECKSUM_ALGORITHMS.join(", ");
  const message = `Upload-Checksum must be ${offered} and the digest in base64, not ${
    quote(header)
  }`;
  throw new AppError("invalid_request", message);
}

/** True if a creation request contains the first bytes (creation-with-upload). */
export function hasBytes(headers: Headers): boolean {
  return headers.get("content-type")?.toLowerCase() === TUS_PATCH_TYPE;
}

/** Returns the offset of a PATCH. Throws `unsupported_media_type` for a body that is not of tus. */
export function offsetOf(headers: Headers): number {
  const type = headers.get("content-type");
  if (type?.toLowerCase() !== TUS_PATCH_TYPE) {
    const message = `The body must be ${TUS_PATCH_TYPE}, not ${quote(type ?? "")}`;
    throw new AppError("unsupported_media_type", message);
  }
  return countIn(headers, "upload-offset");
}

function countIn(headers: Headers, name: string): number {
  const text = headers.get(name) ?? "";
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new AppError("invalid_request", `The header ${name} must be a count, not ${quote(text)}`);
}

/** Parses pairs separated by commas; a value is base64 of UTF-8, and may be missing. */
function metadataOf(header: string): Map<string, string> {
  const pairs = header.split(",").map((pair) => pair.trim().split(/\s+/));
  return new Map(pairs.map(([key, value = ""]) => [
    key,
    Buffer.from(value, "base64").toString("utf8"),
  ]));
}
