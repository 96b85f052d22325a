import type { ImageContentType } from "./job.ts";
import { rewriteGif } from "./rewrite_gif.ts";
import { rewriteJpeg } from "./rewrite_jpeg.ts";
import { rewritePng } from "./rewrite_png.ts";
import { rewriteWebp } from "./rewrite_webp.ts";

type Rewrite = (bytes: Uint8Array, orientation: number) => Uint8Array<ArrayBuffer>;

const REWRITES: Partial<Record<ImageContentType, Rewrite>> = {
  "image/jpeg": rewriteJpeg,
  "image/png": rewritePng,
  "image/gif": rewriteGif,
  "image/webp": rewriteWebp,
};

/** True if `rewriteWithoutMetadata` supports the container of this format. */
export function isRewritable(contentType: ImageContentType): boolean {
  return contentType in REWRITES;
}

/**
 * Returns the image without its metadata and without decoding it: only the parts of the container
 * that are needed to show it are copied, so that pixels, frames, delays and color profile do not
 * change and memory does not depend on the number of pixels. Bytes after the end of the image are
 * dropped. `orientation` (Exif, 1 to 8) is kept as the only tag. Throws `Damaged` if the container
 * is broken.
 */
export function rewriteWithoutMetadata(
  bytes: Uint8Array,
  contentType: ImageContentType,
  orientation: number,
): Uint8Array<ArrayBuffer> {
  const rewrite = REWRITES[contentType];
  if (!rewrite) throw new TypeError(`Cannot rewrite ${contentType}`);
  return rewrite(bytes, orientation);
}
