import type { ImageContentType } from "./job.ts";

/** Values declared in an image's header. */
export interface ImageHeader {
  width: number;
  height: number;
  /** 1 for a still image. */
  frames: number;
  /** Exif orientation, 1 to 8. */
  orientation: number;
  /** Progressive JPEG or interlaced PNG: decoded as a whole, not row by row. */
  interlaced: boolean;
  /** Bytes per decoded pixel. */
  pixelBytes: number;
}

/** Peak memory in bytes for decoding one frame. */
export interface ImageCost {
  /** For creating the thumbnail, shrunk while reading if the format allows that. */
  thumbnail: number;
  /** For decoding and encoding the image at its full size. */
  encode: number;
}

const MIB = 1024 ** 2;

/** Working memory of libvips that does not depend on the image. */
const FIXED_BYTES = 16 * MIB;

/**
 * Bytes per pixel, measured with libvips 8.17 on 16 to 47 megapixels and rounded up. JPEG and PNG
 * are processed row by row; the encoders of WebP, GIF and AVIF need all pixels, and several copies
 * of them.
 */
const BYTES_PER_PIXEL: Record<ImageContentType, { thumbnail: number; encode: number }> = {
  "image/jpeg": { thumbnail: 1, encode: 1.5 },
  "image/png": { thumbnail: 2, encode: 1.5 },
  "image/webp": { thumbnail: 5, encode: 20 },
  "image/gif": { thumbnail: 6, encode: 17 },
  "image/avif": { thumbnail: 16, encode: 31 },
};

/**
 * Returns an estimate; the fixed memory limit of the decoder catches estimates that are too low.
 */
export function imageCost(
  header: ImageHeader,
  contentType: ImageContentType,
  fileBytes: number,
): ImageCost {
  const pixels = header.width * header.height;
  const perPixel = BYTES_PER_PIXEL[contentType];
  // A progressive JPEG keeps two bytes per coefficient, and has as many coefficients as samples.
  const isJpeg = contentType === "image/jpeg";
  const whole = header.interlaced ? header.pixelBytes * (isJpeg ? 2 : 1) : 0;
  const turned = header.orientation > 1 ? header.pixelBytes : 0;
  // The file itself is copied into the decoder's memory, and the result out of it.
  const fixed = FIXED_BYTES + 3 * fileBytes;
  return {
    thumbnail: Math.ceil(fixed + pixels * (perPixel.thumbnail + whole)),
    encode: Math.ceil(fixed + pixels * (perPixel.encode + whole + turned)),
  };
}
