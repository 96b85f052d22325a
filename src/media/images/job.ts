/** Messages between `processor.ts` and its worker, `worker.ts`. */
export interface ImageJob {
  /** Transferred to the worker, not copied. */
  bytes: Uint8Array<ArrayBuffer>;
  contentType: ImageContentType;
  limits: ImageLimits;
}

export const IMAGE_CONTENT_TYPES = [
  "image/jpeg",
  "image/png",
  "image/gif",
  "image/webp",
  "image/avif",
] as const;

export type ImageContentType = typeof IMAGE_CONTENT_TYPES[number];

export interface ImageLimits {
  /**
   * Width × height, as declared in the file's header; all frames together may have ten times as
   * many.
   */
  maxPixels: number;
  maxFrames: number;
  /** Maximum length of a thumbnail's longer side, in pixels. */
  thumbnailSize: number;
  /** Bytes that decoding and encoding may take; an image that needs more is not decoded. */
  memoryBytes: number;
}

export interface ProcessedImage {
  /**
   * The image without EXIF, XMP, IPTC and comments, with its color profile. A still image that fits
   * into memory is decoded, turned upright and encoded again; all others keep their original
   * pixels, and the orientation as the only tag.
   */
  bytes: Uint8Array<ArrayBuffer>;
  /** The original type: a JPEG stays a JPEG. */
  contentType: ImageContentType;
  /** Pixels of the displayed (upright) image. */
  width: number;
  height: number;
  /** 1 for a still image. */
  frames: number;
  /** Null if decoding the image would take too much memory. */
  thumbnail: Thumbnail | null;
}

export interface Thumbnail {
  /** WebP, sRGB, still. */
  bytes: Uint8Array<ArrayBuffer>;
  contentType: "image/webp";
  width: number;
  height: number;
  /** https://evanw.github.io/thumbhash/, in base64: about 28 characters. */
  thumbHash: string;
}

/**
 * `ready` once, when the worker accepts jobs; then one reply per job; `ended` in reply to the
 * request to end.
 */
export type ImageReply =
  | { kind: "ready" }
  | { kind: "ended" }
  | { kind: "done"; image: ProcessedImage }
  /** The image is at fault; the reason ends the sentence "Cannot use this image: …". */
  | { kind: "refused"; reason: string };
