import { concat } from "../../core/bytes.ts";
import { ContainerReader, Damaged } from "./container.ts";

const IMAGE = 0x2c;
const EXTENSION = 0x21;
const TRAILER = 0x3b;
const GRAPHIC_CONTROL = 0xf9;
const APPLICATION = 0xff;

/**
 * GIF89a: keeps frames, their delays and the number of loops; drops comments, text and application
 * data.
 */
export function rewriteGif(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const reader = new ContainerReader(bytes);
  let at = 13 + colorTableSize(reader.u8(10));
  const parts = [reader.slice(0, at)];
  for (let frames = 0;;) {
    const introducer = reader.u8(at);
    if (introducer === TRAILER && frames > 0) break;
    const end = introducer === IMAGE
      ? imageEnd(reader, at)
      : introducer === EXTENSION
      ? blocksEnd(reader, at + 2)
      : damaged();
    if (introducer === IMAGE) frames++;
    if (introducer === IMAGE || isKept(reader, at)) parts.push(reader.slice(at, end));
    at = end;
  }
  return concat(...parts, Uint8Array.of(TRAILER));
}

function damaged(): never {
  throw new Damaged("a block is of an unknown kind");
}

function isKept(reader: ContainerReader, at: number): boolean {
  const label = reader.u8(at + 1);
  if (label === GRAPHIC_CONTROL) return true;
  if (label !== APPLICATION || reader.u8(at + 2) !== 11) return false;
  return ["NETSCAPE2.0", "ANIMEXTS1.0"].includes(reader.text(at + 3, 11));
}

function imageEnd(reader: ContainerReader, at: number): number {
  // A descriptor of ten bytes, the frame's color table, the code size, and the data.
  return blocksEnd(reader, at + 10 + colorTableSize(reader.u8(at + 9)) + 1);
}

/** Sub-blocks end with an empty one. */
function blocksEnd(reader: ContainerReader, from: number): number {
  let at = from;
  for (let size = reader.u8(at); size > 0; size = reader.u8(at)) at += 1 + size;
  return at + 1;
}

function colorTableSize(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}
