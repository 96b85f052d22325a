/**
 * Decodes and encodes images with libvips in WebAssembly, off the main thread. Whatever a malicious
 * file does to the decoder stays inside the sandbox of one worker, which `processor.ts` ends when
 * it takes too long.
 */
import { fileURLToPath } from "node:url";
import type Vips from "wasm-vips";
import { rgbaToThumbHash } from "thumbhash";
import type { ImageContentType, ImageJob, ImageReply, ProcessedImage, Thumbnail } from "./job.ts";
import { imageCost, type ImageHeader } from "./cost.ts";
import { isRewritable, rewriteWithoutMetadata } from "./rewrite.ts";
import { pngFrames } from "./rewrite_png.ts";
import { webpHeader } from "./webp_header.ts";

type Image = Vips.Image;

/** Maximum size of the image that a ThumbHash is computed from; the algorithm allows no more. */
const THUMB_HASH_SIZE = 100;

/** All frames of an animation together may have this many times the pixels of a still image. */
const MOVING_FACTOR = 10;

/** Up to this many pixels, optimal Huffman tables are worth their 6 bytes of memory per pixel. */
const OPTIMIZED_PIXELS = 4_000_000;

/** The smallest memory that the module declares. */
const MIN_MEMORY_BYTES = 256 * 1024 ** 2;
const PAGE_BYTES = 64 * 1024;

class Refusal extends Error {}

const vips = await start();

self.onmessage = ({ data }: MessageEvent<ImageJob | "end">) => {
  if (data === "end") return end();
  const reply = replyTo(data);
  const transfer = reply.kind === "done"
    ? [reply.image.bytes, reply.image.thumbnail?.bytes].flatMap((each) => each?.buffer ?? [])
    : [];
  self.postMessage(reply, { transfer });
};
self.postMessage({ kind: "ready" } satisfies ImageReply);

/**
 * libvips' threads are workers of this worker, which outlive it (and keep its memory) unless they
 * are ended here.
 */
function end(): void {
  vips.shutdown();
  self.postMessage({ kind: "ended" } satisfies ImageReply);
  self.close();
}

async function start(): Promise<typeof Vips> {
  limitMemory(Number(self.name.split(":")[1]));
  const { default: load } = await import("wasm-vips");
  const loaded = await load({
    // The codec of AVIF; those of JPEG XL and SVG are left out.
    dynamicLibraries: ["vips-heif.wasm"],
    // The error contains the fault of an image; libvips would also print it, line by line.
    preRun: ({ ENV }: { ENV: Record<string, string> }) => {
      ENV.VIPS_WARNING = "0";
      // Its temporary files would also be in memory, and outside of the limit.
      ENV.VIPS_DISC_THRESHOLD = "4g";
      // It looks for plug-ins in its home directory, which this makes readable: there are none. Its
      // default home is not.
      ENV.VIPSHOME = fileURLToPath(new URL(".", import.meta.url));
    },
    print: () => {},
    printErr: () => {},
  });
  loaded.blockUntrusted(true);
  // Each thread would take extra memory, and the speed of a single image does not matter.
  loaded.concurrency(1);
  loaded.Cache.max(0);
  return loaded;
}

function replyTo(job: ImageJob): ImageReply {
  try {
    return { kind: "done", image: processed(job) };
  } catch (error) {
    // A trap (out of memory, a fault in the decoder) leaves the module unusable: end with it.
    if (error instanceof WebAssembly.RuntimeError || !isUsable()) throw error;
    const reason = error instanceof Refusal ? error.message : "it is damaged";
    return { kind: "refused", reason };
  }
}

/**
 * The module creates its own memory and lets it grow to 2 GiB. With this limit, an image that needs
 * more than its estimate ends this worker instead of the process.
 */
function limitMemory(bytes: number): void {
  const { Memory } = WebAssembly;
  const maximum = Math.ceil(Math.max(MIN_MEMORY_BYTES, bytes) / PAGE_BYTES);
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super({ ...descriptor, maximum: Math.min(descriptor.maximum ?? maximum, maximum) });
    }
  };
}

/**
 * An abort inside the module surfaces as an ordinary error: only an attempt shows whether the
 * module still works.
 */
function isUsable(): boolean {
  try {
    using probe = vips.Image.black(1, 1);
    return probe.writeToMemory().length === 1;
  } catch {
    return false;
  }
}

function processed(job: ImageJob): ProcessedImage {
  const { bytes, contentType, limits: { memoryBytes } } = job;
  const header = checkedHeader(job);
  const cost = imageCost(header, contentType, bytes.byteLength);
  const thumbnail = cost.thumbnail <= memoryBytes ? thumbnailOf(job, header) : null;
  const picture = header.frames === 1 && cost.encode <= memoryBytes
    ? reencoded(job, header)
    : rewritten(job, header);
  return { ...picture, contentType, frames: header.frames, thumbnail };
}

function thumbnailOf({ bytes, contentType, limits }: ImageJob, header: ImageHeader): Thumbnail {
  using shrunk = vips.Image.thumbnailBuffer(bytes, limits.thumbnailSize, {
    height: limits.thumbnailSize,
    size: "down",
    no_rotate: header.frames > 1 || header.orientation === 1,
    output_profile: "srgb",
    fail_on: failOn(contentType),
  });
  using decoded = shrunk.copyMemory();
  return {
    bytes: owned(decoded.webpsaveBuffer({ Q: 75, keep: "none" })),
    contentType: "image/webp",
    width: decoded.width,
    height: decoded.height,
    thumbHash: thumbHash(decoded),
  };
}

/** Rejects decompression bombs: small files that declare, and decode to, huge images. */
function checkedHeader({ bytes, contentType, limits }: ImageJob): ImageHeader {
  const header = headerOf(bytes, contentType);
  const { width, height, frames } = header;
  if (frames > limits.maxFrames) {
    throw new Refusal(`it has ${frames} frames, and ${limits.maxFrames} are allowed`);
  }
  if (width * height > limits.maxPixels) {
    throw new Refusal(`it has ${width} × ${height} pixels, and ${limits.maxPixels} are allowed`);
  }
  const all = limits.maxPixels * MOVING_FACTOR;
  if (width * height * frames > all) {
    const size = `${width} × ${height} × ${frames}`;
    throw new Refusal(`it has ${size} pixels, and ${all} are allowed in all frames`);
  }
  return header;
}

/** Reads the header without decoding the image. */
function headerOf(bytes: Uint8Array, contentType: ImageContentType): ImageHeader {
  if (contentType === "image/webp") return webpHeader(bytes);
  using image = open(bytes, contentType, {});
  const { width, height } = image;
  const frames = framesOf(image, bytes, contentType);
  // Frames are decoded as one strip, which would be turned as a whole: animations are not turned.
  const orientation = frames > 1 ? 1 : numberOf(image, "orientation", 1);
  const interlaced = numberOf(image, "interlaced", 0) > 0;
  const pixelBytes = image.bands * (image.format === "uchar" ? 1 : 2);
  return { width, height, frames, orientation, interlaced, pixelBytes };
}

function framesOf(image: Image, bytes: Uint8Array, contentType: ImageContentType): number {
  if (contentType === "image/png") return pngFrames(bytes);
  return contentType === "image/gif" ? numberOf(image, "n-pages", 1) : 1;
}

function reencoded({ bytes, contentType }: ImageJob, header: ImageHeader) {
  const isTurned = header.orientation > 1;
  // Rows are decoded and encoded one after another, but a turned image needs all of them at once.
  const access = isTurned ? "random" : "sequential";
  using image = open(bytes, contentType, { access, fail_on: failOn(contentType) });
  using upright = isTurned ? image.autorot() : image.copy();
  const { width, height } = upright;
  return { bytes: owned(encode(upright, contentType, bytes)), width, height };
}

function rewritten({ bytes, contentType }: ImageJob, header: ImageHeader) {
  const { width, height, orientation } = header;
  if (!isRewritable(contentType)) {
    const size = `${width} × ${height} pixels`;
    throw new Refusal(
      `decoding its ${size} takes more memory than is available, convert it to JPEG`,
    );
  }
  const isOnItsSide = orientation >= 5;
  return {
    bytes: rewriteWithoutMetadata(bytes, contentType, orientation),
    width: isOnItsSide ? height : width,
    height: isOnItsSide ? width : height,
  };
}

/** Cameras and broken connections leave truncated JPEGs, and every viewer shows what there is. */
function failOn(contentType: ImageContentType): "none" | "error" {
  return contentType === "image/jpeg" ? "none" : "error";
}

function open(bytes: Uint8Array, contentType: ImageContentType, options: object): Image {
  switch (contentType) {
    case "image/jpeg":
      return vips.Image.jpegloadBuffer(bytes, options);
    case "image/png":
      return vips.Image.pngloadBuffer(bytes, options);
    case "image/gif":
      return vips.Image.gifloadBuffer(bytes, options);
    case "image/webp":
      return vips.Image.webploadBuffer(bytes, options);
    case "image/avif":
      return vips.Image.heifloadBuffer(bytes, options);
  }
}

function encode(image: Image, contentType: ImageContentType, source: Uint8Array): Uint8Array {
  const keep = "icc";
  switch (contentType) {
    case "image/jpeg":
      return image.jpegsaveBuffer({ keep, Q: 88, optimize_coding: isSmall(image) });
    case "image/png":
      return image.pngsaveBuffer({ keep });
    case "image/gif":
      return image.gifsaveBuffer({ keep, reuse: true });
    case "image/webp":
      // The default effort of 4 takes three times as long and saves a few percent.
      return image.webpsaveBuffer({ keep, Q: 85, effort: 1, lossless: isLosslessWebp(source) });
    case "image/avif":
      // Higher effort takes tens of seconds for a photo.
      return image.heifsaveBuffer({ keep, Q: 65, compression: "av1", effort: 0 });
  }
}

function isSmall({ width, height }: Image): boolean {
  return width * height <= OPTIMIZED_PIXELS;
}

/** True if the first image in the file is a `VP8L` chunk (RFC 9649, section 2.6). */
function isLosslessWebp(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 12; at + 8 <= bytes.byteLength;) {
    const name = String.fromCharCode(...bytes.subarray(at, at + 4));
    if (name === "VP8L") return true;
    if (name === "VP8 ") return false;
    const size = view.getUint32(at + 4, true);
    // A frame contains chunks, after a header of 16 bytes.
    at += name === "ANMF" ? 24 : 8 + size + size % 2;
  }
  return false;
}

function thumbHash(image: Image): string {
  using small = image.thumbnailImage(THUMB_HASH_SIZE, { height: THUMB_HASH_SIZE, size: "down" });
  using colours = small.colourspace("srgb");
  using opaque = colours.hasAlpha() ? colours.copy() : colours.addalpha();
  using bytes = opaque.cast("uchar");
  const hash = rgbaToThumbHash(bytes.width, bytes.height, bytes.writeToMemory());
  return btoa(String.fromCharCode(...hash));
}

function numberOf(image: Image, field: string, otherwise: number): number {
  return image.getTypeof(field) === 0 ? otherwise : image.getInt(field);
}

/** Returns a copy whose buffer is not the module's memory, so that it can be transferred. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
