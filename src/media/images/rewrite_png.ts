import { crc32 } from "node:zlib";
import { concat } from "../../core/bytes.ts";
import { ContainerReader, Damaged, orientationTiff } from "./container.ts";

const SIGNATURE_SIZE = 8;

/**
 * Chunks needed for pixels and their colors (PNG, third edition, sections 11.2 and 11.3), and for
 * animation.
 */
const KEPT = new Set([
  "IHDR",
  "PLTE",
  "IDAT",
  "IEND",
  "tRNS",
  "cHRM",
  "gAMA",
  "iCCP",
  "sBIT",
  "sRGB",
  "cICP",
  "mDCV",
  "cLLI",
  "bKGD",
  "pHYs",
  "acTL",
  "fcTL",
  "fdAT",
]);

/** PNG and APNG: keeps the chunks known to be needed; drops text, time and Exif. */
export function rewritePng(bytes: Uint8Array, orientation: number): Uint8Array<ArrayBuffer> {
  const reader = new ContainerReader(bytes);
  const parts = [reader.slice(0, SIGNATURE_SIZE)];
  for (const { type, bytes: chunk } of pngChunks(reader)) {
    if (KEPT.has(type)) parts.push(chunk);
    if (type === "IHDR" && orientation > 1) parts.push(exifChunk(orientation));
    if (type === "IEND") return concat(...parts);
  }
  throw new Damaged("its end is missing");
}

/**
 * Returns the number of frames that an APNG declares (`acTL`, which precedes the pixels); 1 for a
 * still image.
 */
export function pngFrames(bytes: Uint8Array): number {
  const reader = new ContainerReader(bytes);
  for (const { type, data } of pngChunks(reader)) {
    if (type === "IDAT") return 1;
    if (type === "acTL") return Math.max(1, reader.u32(data));
  }
  return 1;
}

function* pngChunks(reader: ContainerReader) {
  for (let at = SIGNATURE_SIZE; at < reader.bytes.byteLength;) {
    const end = at + 12 + reader.u32(at);
    yield { type: reader.text(at + 4, 4), data: at + 8, bytes: reader.slice(at, end) };
    at = end;
  }
}

function exifChunk(orientation: number): Uint8Array {
  const body = concat(Uint8Array.of(0x65, 0x58, 0x49, 0x66), orientationTiff(orientation));
  const chunk = new Uint8Array(body.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, body.length - 4);
  chunk.set(body, 4);
  view.setUint32(4 + body.length, crc32(body));
  return chunk;
}
