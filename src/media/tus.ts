import { Buffer } from "node:buffer";
import { AppError, quote } from "../core/errors.ts";
import type { NewUpload } from "./resumable_uploads.ts";

/** tus 1.0.0 (https://tus.io/protocols/resumable-upload): creation, expiration and termination. */
const TUS_VERSION = "1.0.0";

const TUS_PATCH_TYPE = "application/offset+octet-stream";

export function tusHeaders(extra: Record<string, string> = {}): Record<string, string> {
  return { "tus-resumable": TUS_VERSION, "cache-control": "no-store", ...extra };
}

/** What a client sends with the bytes from `offset` on. */
export function tusPatchHeaders(offset: number): Record<string, string> {
  return {
    "tus-resumable": TUS_VERSION,
    "upload-offset": String(offset),
    "content-type": TUS_PATCH_TYPE,
  };
}

/** What `OPTIONS` answers. */
export function tusOptions(maxSize: number): Response {
  const headers = tusHeaders({
    "tus-version": TUS_VERSION,
    "tus-extension": "creation,expiration,termination",
    "tus-max-size": String(maxSize),
  });
  return new Response(null, { status: 204, headers });
}

/** Throws `precondition_failed`: the protocol has 412 for a version that is not served. */
export function requireTus(headers: Headers): void {
  if (headers.get("tus-resumable") === TUS_VERSION) return;
  throw new AppError("precondition_failed", `The header Tus-Resumable must be ${TUS_VERSION}`);
}

/** What a creation asks for. Throws `invalid_request` where it does not say the length. */
export function newUploadOf(headers: Headers): NewUpload {
  if (headers.has("upload-defer-length")) {
    throw new AppError("invalid_request", "Upload-Defer-Length is not taken: say Upload-Length");
  }
  const size = countIn(headers, "upload-length");
  const metadata = metadataOf(headers.get("upload-metadata") ?? "");
  return {
    size,
    name: metadata.get("filename") ?? metadata.get("name") ?? "file",
    chatId: metadata.get("chatId"),
  };
}

/** Where a PATCH goes on. Throws `unsupported_media_type` for a body that is not of tus. */
export function offsetOf(headers: Headers): number {
  const type = headers.get("content-type");
  if (type?.toLowerCase() !== TUS_PATCH_TYPE) {
    const about = `The body must be ${TUS_PATCH_TYPE}, not ${quote(type ?? "")}`;
    throw new AppError("unsupported_media_type", about);
  }
  return countIn(headers, "upload-offset");
}

function countIn(headers: Headers, name: string): number {
  const text = headers.get(name) ?? "";
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new AppError("invalid_request", `The header ${name} must be a count, not ${quote(text)}`);
}

/** Pairs separated by commas; a value is base64 of UTF-8, and may be left out. */
function metadataOf(header: string): Map<string, string> {
  const pairs = header.split(",").map((pair) => pair.trim().split(/\s+/));
  return new Map(pairs.map(([key, value = ""]) => [
    key,
    Buffer.from(value, "base64").toString("utf8"),
  ]));
}
