/**
 * Decodes and encodes pictures with libvips in WebAssembly, away from the main thread. Whatever a
 * malicious file does to the decoder, it does inside the sandbox of one worker, which
 * `image_processor.ts` ends when it takes too long.
 */
import { fileURLToPath } from "node:url";
import type Vips from "wasm-vips";
import { rgbaToThumbHash } from "thumbhash";
import type { ImageContentType, ImageJob, ImageReply, ProcessedImage } from "./image_job.ts";

type Image = Vips.Image;

/** What is declared in the header; nothing has been decoded yet. */
interface Header {
  width: number;
  height: number;
  frames: number;
  /**
   * Whether it has to be turned or mirrored to be upright. What moves is left as it lies: it is
   * decoded as one strip of all frames, which would be turned as a whole.
   */
  turned: boolean;
}

/** A still picture of this size takes part in a ThumbHash; the algorithm allows no more. */
const THUMB_HASH_SIZE = 100;

class Refusal extends Error {}

const vips = await start();

self.onmessage = ({ data }: MessageEvent<ImageJob | "end">) => {
  if (data === "end") return end();
  const reply = answer(data);
  const transfer = reply.kind === "done"
    ? [reply.image.bytes.buffer, reply.image.thumbnail.bytes.buffer]
    : [];
  self.postMessage(reply, { transfer });
};
self.postMessage({ kind: "ready" } satisfies ImageReply);

/** libvips has threads, workers of this worker, that outlive it (and keep its memory) unless they are ended here. */
function end(): void {
  vips.shutdown();
  self.postMessage({ kind: "ended" } satisfies ImageReply);
  self.close();
}

async function start(): Promise<typeof Vips> {
  const { default: load } = await import("wasm-vips");
  const loaded = await load({
    // AVIF's codec; those of JPEG XL and SVG stay out.
    dynamicLibraries: ["vips-heif.wasm"],
    // What is wrong with a picture is in the error; libvips would print it too, line by line.
    preRun: ({ ENV }: { ENV: Record<string, string> }) => {
      ENV.VIPS_WARNING = "0";
      // It looks for plug-ins at its home, and may: there are none. Its own idea of home is unreadable.
      ENV.VIPSHOME = fileURLToPath(new URL(".", import.meta.url));
    },
    print: () => {},
    printErr: () => {},
  });
  loaded.blockUntrusted(true);
  // Threads would each keep memory of their own, and there is nobody to wait for one picture.
  loaded.concurrency(1);
  loaded.Cache.max(0);
  return loaded;
}

function answer(job: ImageJob): ImageReply {
  try {
    return { kind: "done", image: processed(job) };
  } catch (error) {
    // A trap (memory at its end, a fault in the decoder) leaves the module unusable: end with it.
    if (error instanceof WebAssembly.RuntimeError) throw error;
    const reason = error instanceof Refusal ? error.message : "it is damaged";
    return { kind: "refused", reason };
  }
}

function processed(job: ImageJob): ProcessedImage {
  const { bytes, contentType, limits } = job;
  const header = checkedHeader(job);
  using thumbnail = vips.Image.thumbnailBuffer(bytes, limits.thumbnailSize, {
    height: limits.thumbnailSize,
    size: "down",
    no_rotate: !header.turned,
    output_profile: "srgb",
    fail_on: "error",
  });
  using decoded = thumbnail.copyMemory();
  const stripped = strip(job, header);
  return {
    ...stripped,
    contentType,
    frames: header.frames,
    thumbnail: {
      bytes: owned(decoded.webpsaveBuffer({ Q: 75, keep: "none" })),
      contentType: "image/webp",
      width: decoded.width,
      height: decoded.height,
    },
    thumbHash: thumbHash(decoded),
  };
}

/** A decompression bomb is a small file that declares, and becomes, a huge picture: it stops here. */
function checkedHeader({ bytes, contentType, limits }: ImageJob): Header {
  using image = open(bytes, contentType, {});
  const frames = isAnimated(contentType) ? numberOf(image, "n-pages", 1) : 1;
  const { width, height } = image;
  if (frames > limits.maxFrames) {
    throw new Refusal(`it has ${frames} frames, and ${limits.maxFrames} are allowed`);
  }
  if (width * height * frames > limits.maxPixels) {
    const size = frames > 1 ? `${width} × ${height} × ${frames}` : `${width} × ${height}`;
    throw new Refusal(`it has ${size} pixels, and ${limits.maxPixels} are allowed`);
  }
  const turned = frames === 1 && numberOf(image, "orientation", 1) > 1;
  return { width, height, frames, turned };
}

function strip({ bytes, contentType }: ImageJob, header: Header) {
  const frames = header.frames > 1 ? { n: -1 } : {};
  // Rows are decoded and encoded as they come, but a turned picture needs all of them at once.
  const access = header.turned ? "random" : "sequential";
  using image = open(bytes, contentType, { ...frames, access, fail_on: "error" });
  using upright = header.turned ? image.autorot() : image.copy();
  const { width } = upright;
  const height = upright.height / header.frames;
  return { bytes: owned(encode(upright, contentType, bytes)), width, height };
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
      return image.jpegsaveBuffer({ keep, Q: 88, optimize_coding: true });
    case "image/png":
      return image.pngsaveBuffer({ keep });
    case "image/gif":
      return image.gifsaveBuffer({ keep, reuse: true });
    case "image/webp":
      // The default effort of 4 takes three times as long and saves a few per cent.
      return image.webpsaveBuffer({ keep, Q: 85, effort: 1, lossless: isLosslessWebp(source) });
    case "image/avif":
      // Higher effort takes tens of seconds for a photo.
      return image.heifsaveBuffer({ keep, Q: 65, compression: "av1", effort: 0 });
  }
}

function isAnimated(contentType: ImageContentType): boolean {
  return contentType === "image/gif" || contentType === "image/webp";
}

/** Whether the first picture in the file is a `VP8L` chunk (RFC 9649, section 2.6). */
function isLosslessWebp(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 12; at + 8 <= bytes.byteLength;) {
    const name = String.fromCharCode(...bytes.subarray(at, at + 4));
    if (name === "VP8L") return true;
    if (name === "VP8 ") return false;
    const size = view.getUint32(at + 4, true);
    // A frame is a chunk of chunks, after 16 bytes of its own.
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

/** A copy whose buffer is not the module's memory, so that it can be handed over. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
