import { ContainerReader, Damaged } from "./container.ts";
import { type ImageHeader } from "./cost.ts";

/**
 * Reads the header of a WebP (RFC 9649). libvips reads it by allocating the whole image, which is
 * too late to notice that the memory is insufficient.
 */
export function webpHeader(bytes: Uint8Array): ImageHeader {
  const reader = new ContainerReader(bytes);
  let size: { width: number; height: number } | null = null;
  let frames = 0;
  let orientation = 1;
  const end = Math.min(bytes.byteLength, 8 + reader.u32le(4));
  for (let at = 12; at + 8 <= end;) {
    const name = reader.text(at, 4);
    const length = reader.u32le(at + 4);
    size ??= sizeOf(reader, name, at + 8);
    if (name === "ANMF") frames++;
    if (name === "EXIF") orientation = orientationOf(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length + length % 2;
  }
  if (!size) throw new Damaged("it has no image data");
  if (frames > 1) orientation = 1;
  return { ...size, frames: Math.max(1, frames), orientation, interlaced: false, pixelBytes: 4 };
}

function sizeOf(reader: ContainerReader, name: string, at: number) {
  if (name === "VP8X") {
    const [width, height] = [at + 4, at + 7].map((from) => 1 + (reader.u32le(from) & 0xffffff));
    return { width, height };
  }
  if (name === "VP8L") {
    const packed = reader.u32le(at + 1);
    return { width: 1 + (packed & 0x3fff), height: 1 + ((packed >>> 14) & 0x3fff) };
  }
  if (name !== "VP8 ") return null;
  const packed = reader.u32le(at + 6);
  return { width: packed & 0x3fff, height: (packed >>> 16) & 0x3fff };
}

/** Reads the orientation from a TIFF structure, which may follow a name; 1 if there is none. */
function orientationOf(exif: Uint8Array): number {
  const start = exif[0] === 0x45 ? 6 : 0;
  const view = new DataView(exif.buffer, exif.byteOffset + start, Math.max(0, exif.length - start));
  try {
    const little = view.getUint16(0) === 0x4949;
    const directory = view.getUint32(4, little);
    const count = Math.min(view.getUint16(directory, little), 100);
    for (let n = 0; n < count; n++) {
      const entry = directory + 2 + n * 12;
      if (view.getUint16(entry, little) !== 0x0112) continue;
      const orientation = view.getUint16(entry + 8, little);
      return orientation >= 1 && orientation <= 8 ? orientation : 1;
    }
  } catch (error) {
    // Broken Exif data is ignored; it is dropped in any case.
    if (!(error instanceof RangeError)) throw error;
  }
  return 1;
}
