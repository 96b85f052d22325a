import { AppError } from "../core/errors.ts";

/** Passes bytes through until none come for `ms`; then the body fails with `request_timeout`. */
export function stallGuarded(
  source: ReadableStream<Uint8Array>,
  ms: number,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await readWithin(reader, ms);
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

async function readWithin(reader: ReadableStreamDefaultReader<Uint8Array>, ms: number) {
  const { promise: stalled, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const about = `The upload must go on: nothing came for ${ms} ms`;
    reject(new AppError("request_timeout", about));
  }, ms);
  try {
    return await Promise.race([reader.read(), stalled]);
  } catch (error) {
    reader.cancel(error).catch(() => {});
    if (error instanceof AppError) throw error;
    throw new AppError("invalid_request", "The body broke off before its end", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
