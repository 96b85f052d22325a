import { concat } from "../../core/bytes.ts";
import { ContainerReader, Damaged, orientationTiff } from "./container.ts";

const EOI = 0xd9;
const SOS = 0xda;

/**
 * JPEG (ITU-T T.81, annex B): keeps tables, frames and scans, JFIF and Adobe's color transform
 * (APP0, APP14) and the color profile (APP2). A file that is cut off within a scan gets an end
 * marker; images that a phone appends (a preview, the video of a motion photo) come after the end
 * and are dropped.
 */
export function rewriteJpeg(bytes: Uint8Array, orientation: number): Uint8Array<ArrayBuffer> {
  const reader = new ContainerReader(bytes);
  if (reader.u16(0) !== 0xffd8) throw new Damaged("it is not a JPEG");
  const parts: Uint8Array[] = [reader.slice(0, 2)];
  if (orientation > 1) parts.push(exifSegment(orientation));
  let scans = 0;
  for (let at = 2; at < bytes.byteLength;) {
    const { marker, start } = markerAt(reader, at, scans > 0);
    if (marker === EOI) break;
    const end = start + 2 + reader.u16(start + 2);
    if (end > bytes.byteLength && scans > 0) break;
    const segment = reader.slice(start, end);
    if (isKept(marker, segment)) parts.push(segment);
    at = end;
    if (marker !== SOS) continue;
    scans++;
    at = scanEnd(bytes, end);
    parts.push(reader.slice(end, at));
  }
  if (scans === 0) throw new Damaged("it has no image data");
  return concat(...parts, Uint8Array.of(0xff, EOI));
}

/**
 * Markers may be preceded by any number of fill bytes. After a scan, the file may end without a
 * marker.
 */
function markerAt(reader: ContainerReader, from: number, mayEnd: boolean) {
  let at = from;
  while (reader.u8(at) === 0xff && at + 1 < reader.bytes.byteLength && reader.u8(at + 1) === 0xff) {
    at++;
  }
  if (mayEnd && at + 4 > reader.bytes.byteLength) return { marker: EOI, start: at };
  if (reader.u8(at) !== 0xff) throw new Damaged("a marker is missing");
  return { marker: reader.u8(at + 1), start: at };
}

/** Entropy-coded data includes stuffed zeros and restart markers. */
function scanEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1];
    if (next === undefined) return at;
    const goesOn = next === 0 || next === 0xff || (next >= 0xd0 && next <= 0xd7);
    if (!goesOn) return at;
  }
  return bytes.byteLength;
}

function isKept(marker: number, segment: Uint8Array): boolean {
  const isApplication = marker >= 0xe0 && marker <= 0xef;
  const isComment = marker === 0xfe;
  if (marker === 0xe2) return startsWith(segment, "ICC_PROFILE\0");
  if (marker === 0xe0) return startsWith(segment, "JFIF\0");
  if (marker === 0xee) return startsWith(segment, "Adobe");
  return !isApplication && !isComment;
}

/** The name of an application segment follows the marker and the length. */
function startsWith(segment: Uint8Array, name: string): boolean {
  return [...name].every((char, n) => segment[4 + n] === char.charCodeAt(0));
}

function exifSegment(orientation: number): Uint8Array {
  const tiff = orientationTiff(orientation);
  const name = [0x45, 0x78, 0x69, 0x66, 0, 0];
  return concat(Uint8Array.of(0xff, 0xe1, 0, 2 + name.length + tiff.length, ...name), tiff);
}
