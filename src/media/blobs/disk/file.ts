const CHUNK_SIZE = 64 * 1024;

/** Returns the result, or null if the file does not exist. */
export async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Repeats `write`, because one call may write only a part. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) at += await file.write(bytes.subarray(at));
}

/** Makes renames and removals in the directory survive a power cut (fsync(2), NOTES). */
export async function syncDirectory(path: string): Promise<void> {
  using directory = await Deno.open(path);
  await directory.sync();
}

/**
 * Streams `length` bytes from `start`. The stream owns the file and closes it at the end or when
 * canceled.
 */
export async function readAt(
  file: Deno.FsFile,
  start: number,
  length: number,
): Promise<ReadableStream<Uint8Array>> {
  await file.seek(start, Deno.SeekMode.Start);
  let left = length;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const bytes = new Uint8Array(Math.min(CHUNK_SIZE, left));
      const count = left === 0 ? null : await file.read(bytes);
      if (count !== null) {
        left -= count;
        controller.enqueue(bytes.subarray(0, count));
      }
      if (left === 0) {
        file.close();
        controller.close();
      } else if (count === null) {
        file.close();
        controller.error(new Error(`Cannot read the blob: the file ended ${left} bytes too early`));
      }
    },
    cancel: () => file.close(),
  }, { highWaterMark: 0 });
}
