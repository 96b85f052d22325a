import { deflateSync } from "node:zlib";
import Vips from "wasm-vips";
import { type Bytes, concat } from "../../src/core/bytes.ts";

let loading: ReturnType<typeof Vips> | undefined;

/** libvips in this thread, to create pictures and to inspect results. */
export function vips() {
  return loading ??= Vips({
    dynamicLibraries: ["vips-heif.wasm"],
    print: () => {},
    printErr: () => {},
  });
}

/** A picture whose left half is red and right half blue, with green at the bottom. */
export async function flag(width: number, height: number, suffix: string): Promise<Bytes> {
  const { Image } = await vips();
  const red = Image.black(width, height, { bands: 3 }).linear([1, 1, 1], [220, 0, 0]);
  const blue = Image.black(width / 2, height, { bands: 3 }).linear([1, 1, 1], [0, 0, 220]);
  const green = Image.black(width, height / 4, { bands: 3 }).linear([1, 1, 1], [0, 200, 0]);
  const image = red.insert(blue, width / 2, 0).insert(green, 0, height * 3 / 4)
    .cast("uchar").copy({ interpretation: "srgb" });
  return new Uint8Array(image.writeToBuffer(suffix));
}

/**
 * An animated picture of plain frames, each with a different brightness; `suffix` is `.gif` or
 * `.webp`.
 */
export async function moving(side: number, frames: number, suffix: string): Promise<Bytes> {
  const { Image } = await vips();
  const pages = Array.from(
    { length: frames },
    (_, n) =>
      Image.black(side, side, { bands: 3 }).linear([1, 1, 1], [30 * n, 0, 200]).cast("uchar"),
  );
  const image = Image.arrayjoin(pages, { across: 1 }).copy({ interpretation: "srgb" });
  image.setInt("page-height", side);
  image.setArrayInt("delay", Array(frames).fill(70));
  image.setInt("loop", 3);
  return new Uint8Array(image.writeToBuffer(suffix));
}

/** A JPEG with EXIF (camera, orientation, a place in Berlin), XMP, IPTC and a comment. */
export function withMetadata(jpeg: Bytes, orientation: number): Bytes {
  const xmp =
    "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><exif:GPSLatitude>52,31.2N</exif:GPSLatitude>";
  const iptc = "Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0d\x1c\x02\x5a\0\x08BerlinXY\0";
  return concat(
    jpeg.subarray(0, 2),
    segment(0xe1, concat(latin1("Exif\0\0"), exifWithGps(orientation))),
    segment(0xe1, latin1(xmp)),
    segment(0xed, latin1(iptc)),
    segment(0xfe, latin1("taken at home")),
    jpeg.subarray(2),
  );
}

/** TIFF structure, big-endian (Exif 2.32, section 4.5): Make, Orientation and a GPS directory. */
export function exifWithGps(orientation: number): Bytes {
  const make = latin1("SecretCam\0");
  const gpsAt = 8 + 2 + 3 * 12 + 4;
  const dataAt = gpsAt + 2 + 4 * 12 + 4;
  const degrees = (...parts: number[]) => parts.flatMap((part) => [u32(part), u32(1)]);
  const entry = (tag: number, type: number, count: number, value: Bytes) =>
    concat(u16(tag), u16(type), u32(count), value);
  return concat(
    latin1("MM\0\x2a"),
    u32(8),
    u16(3),
    entry(0x010f, 2, make.length, u32(dataAt)),
    entry(0x0112, 3, 1, concat(u16(orientation), u16(0))),
    entry(0x8825, 4, 1, u32(gpsAt)),
    u32(0),
    u16(4),
    entry(1, 2, 2, latin1("N\0\0\0")),
    entry(2, 5, 3, u32(dataAt + make.length)),
    entry(3, 2, 2, latin1("E\0\0\0")),
    entry(4, 5, 3, u32(dataAt + make.length + 24)),
    u32(0),
    make,
    ...degrees(52, 31, 12),
    ...degrees(13, 24, 18),
  );
}

/**
 * A PNG of one bit per pixel whose rows are all black: a few kilobytes, however large the picture.
 */
export function blackPng(width: number, height: number): Bytes {
  const header = concat(u32(width), u32(height), Uint8Array.of(1, 0, 0, 0, 0));
  const rows = deflateSync(new Uint8Array((Math.ceil(width / 8) + 1) * height));
  const magic = latin1("\x89PNG\r\n\x1a\n");
  return concat(
    magic,
    pngChunk("IHDR", header),
    pngChunk("IDAT", rows),
    pngChunk("IEND", new Uint8Array()),
  );
}

/**
 * An animated PNG (https://www.w3.org/TR/png-3/#11Ancillary-chunks) of black frames, 0.1 s each.
 */
export function movingPng(side: number, frames: number): Bytes {
  const pixels = deflateSync(new Uint8Array((Math.ceil(side / 8) + 1) * side));
  let sequence = 0;
  const control = () =>
    pngChunk(
      "fcTL",
      concat(u32(sequence++), u32(side), u32(side), u32(0), u32(0), u16(1), u16(10), u16(0)),
    );
  const first = [control(), pngChunk("IDAT", pixels)];
  const following = Array.from({ length: frames - 1 }, () => [
    control(),
    pngChunk("fdAT", concat(u32(sequence++), pixels)),
  ]).flat();
  return concat(
    latin1("\x89PNG\r\n\x1a\n"),
    pngChunk("IHDR", concat(u32(side), u32(side), Uint8Array.of(1, 0, 0, 0, 0))),
    pngChunk("acTL", concat(u32(frames), u32(0))),
    ...first,
    ...following,
    pngChunk("IEND", new Uint8Array()),
  );
}

/** A GIF of many frames that change nothing: a few bytes each, however large the picture. */
export function longGif(width: number, height: number, frames: number): Bytes {
  const le16 = (value: number) => Uint8Array.of(value & 0xff, value >> 8);
  const header = concat(latin1("GIF89a"), le16(width), le16(height), Uint8Array.of(0x80, 0, 0));
  const control = Uint8Array.of(0x21, 0xf9, 4, 4, 3, 0, 0, 0);
  // One pixel in the corner: clear, color 0, end, in codes of three bits.
  const image = concat(
    concat(Uint8Array.of(0x2c), le16(0), le16(0), le16(1), le16(1), Uint8Array.of(0)),
    Uint8Array.of(2, 2, 0x44, 0x01, 0),
  );
  const all = Array.from({ length: frames }, () => concat(control, image));
  return concat(header, Uint8Array.of(200, 0, 0, 0, 0, 0), ...all, Uint8Array.of(0x3b));
}

/** A PNG with chunks inserted after its header (which takes 33 bytes). */
export function withPngChunk(png: Bytes, type: string, data: Uint8Array): Bytes {
  return concat(png.subarray(0, 33), pngChunk(type, data), png.subarray(33));
}

export function latin1(text: string): Bytes {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function segment(marker: number, data: Uint8Array): Bytes {
  return concat(Uint8Array.of(0xff, marker), u16(data.byteLength + 2), data);
}

function pngChunk(type: string, data: Uint8Array): Bytes {
  const body = concat(latin1(type), data);
  return concat(u32(data.byteLength), body, u32(crc32(body)));
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function u16(value: number): Bytes {
  return Uint8Array.of(value >> 8, value & 0xff);
}

function u32(value: number): Bytes {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
