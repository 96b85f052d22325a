import { concat } from "../../core/bytes.ts";
import { ContainerReader, Damaged, orientationTiff } from "./container.ts";

/** Chunks of RFC 9649, section 2.7, that the image itself needs. */
const KEPT = new Set(["VP8X", "VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "ICCP"]);

const EXIF_FLAG = 0x08;
const XMP_FLAG = 0x04;

/** WebP: keeps pixels, frames and color profile; drops Exif, XMP and unknown chunks. */
export function rewriteWebp(bytes: Uint8Array, orientation: number): Uint8Array<ArrayBuffer> {
  const reader = new ContainerReader(bytes);
  const end = Math.min(bytes.byteLength, 8 + reader.u32le(4));
  const parts: Uint8Array[] = [];
  let isExtended = false;
  let pictures = 0;
  for (let at = 12; at + 8 <= end;) {
    const name = reader.text(at, 4);
    const size = reader.u32le(at + 4);
    const chunk = reader.slice(at, at + 8 + size);
    if (name === "VP8X") isExtended = true;
    if (["VP8 ", "VP8L", "ANMF"].includes(name)) pictures++;
    if (KEPT.has(name)) {
      parts.push(name === "VP8X" ? withFlags(chunk, orientation) : chunk, padding(size));
    }
    at += 8 + size + size % 2;
  }
  if (pictures === 0) throw new Damaged("it has no image data");
  // Without the extended header there is no Exif chunk, and no orientation to keep.
  if (isExtended && orientation > 1) parts.push(exifChunk(orientation));
  return container(concat(...parts));
}

function container(chunks: Uint8Array): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(12);
  header.set([0x52, 0x49, 0x46, 0x46]);
  new DataView(header.buffer).setUint32(4, chunks.length + 4, true);
  header.set([0x57, 0x45, 0x42, 0x50], 8);
  return concat(header, chunks);
}

function withFlags(vp8x: Uint8Array, orientation: number): Uint8Array {
  const chunk = vp8x.slice();
  chunk[8] &= ~(EXIF_FLAG | XMP_FLAG);
  if (orientation > 1) chunk[8] |= EXIF_FLAG;
  return chunk;
}

function exifChunk(orientation: number): Uint8Array {
  const tiff = orientationTiff(orientation);
  return concat(Uint8Array.of(0x45, 0x58, 0x49, 0x46, tiff.length, 0, 0, 0), tiff);
}

function padding(size: number): Uint8Array {
  return new Uint8Array(size % 2);
}
