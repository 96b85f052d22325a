import { AppError } from "../core/errors.ts";

/**
 * Passes bytes through until there are more than `max`; then the body fails with
 * `payload_too_large`. No byte past the limit gets through, and the source is canceled.
 */
export function byteLimitStream(max: number): TransformStream<Uint8Array, Uint8Array> {
  let size = 0;
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.byteLength;
      if (size > max) {
        throw new AppError("payload_too_large", `Cannot accept a file of more than ${max} bytes`);
      }
      controller.enqueue(chunk);
    },
  });
}
