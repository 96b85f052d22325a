/** What passes between `image_processor.ts` and its worker, `image_worker.ts`. */
export interface ImageJob {
  /** Moved to the worker, not copied. */
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
  /** Width × height, as the file's header declares them; all frames together may have ten times as many. */
  maxPixels: number;
  maxFrames: number;
  /** The longer side of a thumbnail is at most this, in pixels. */
  thumbnailSize: number;
  /** Bytes that decoding and encoding may take; a picture that needs more is not decoded. */
  memoryBytes: number;
}

export interface ProcessedImage {
  /**
   * The picture without EXIF, XMP, IPTC and comments, its colour profile kept. One that stands still and
   * fits into memory is decoded, turned upright and encoded again; all others keep their pixels as they came,
   * and an orientation as the only tag.
   */
  bytes: Uint8Array<ArrayBuffer>;
  /** As it came: a JPEG stays a JPEG. */
  contentType: ImageContentType;
  /** Pixels, as it is shown (upright). */
  width: number;
  height: number;
  /** 1 for a still picture. */
  frames: number;
  /** Null where decoding the picture would take too much memory. */
  thumbnail: Thumbnail | null;
}

export interface Thumbnail {
  /** WebP, sRGB, still. */
  bytes: Uint8Array<ArrayBuffer>;
  contentType: "image/webp";
  width: number;
  height: number;
  /** https://evanw.github.io/thumbhash/, in base64: some 28 characters. */
  thumbHash: string;
}

/** `ready` once, when the worker can take jobs; then one answer a job; `ended` when it was told to end. */
export type ImageReply =
  | { kind: "ready" }
  | { kind: "ended" }
  | { kind: "done"; image: ProcessedImage }
  /** The picture is at fault; the reason ends the sentence "Cannot use this image: …". */
  | { kind: "refused"; reason: string };
