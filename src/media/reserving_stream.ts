import { AppError } from "../core/errors.ts";

const STEP_BYTES = 8 * 1024 ** 2;

/**
 * Passes bytes through, and calls `reserve` with a new total before more bytes pass than are
 * reserved: so a body of unknown length is counted while it arrives, not only at its end. Close to
 * the quota, where a whole step is refused, only the received bytes are reserved.
 */
export function reservingStream(
  reserved: number,
  reserve: (size: number) => Promise<void>,
): TransformStream<Uint8Array, Uint8Array> {
  let size = 0;
  return new TransformStream({
    async transform(chunk, controller) {
      size += chunk.byteLength;
      if (size > reserved) reserved = await reserveMore(size, reserve);
      controller.enqueue(chunk);
    },
  });
}

async function reserveMore(size: number, reserve: (size: number) => Promise<void>) {
  try {
    await reserve(size + STEP_BYTES);
    return size + STEP_BYTES;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "quota_exceeded") throw error;
    await reserve(size);
    return size;
  }
}
