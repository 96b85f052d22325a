import { withDeadline } from "../core/deadline.ts";
import { AppError } from "../core/errors.ts";

/**
 * Bytes requested from the network at once. Since Deno 2.8.3, a body with `Transfer-Encoding:
 * chunked` is read ahead by this size for each chunk that the client sent, however slowly it is
 * consumed: a body that outruns the disk accumulates, and is moved as a whole with each read.
 * Requesting less than clients' usual chunks avoids that. (Bodies with a Content-Length are not
 * affected.)
 */
const READ_SIZE = 16 * 1024;

/**
 * Passes bytes through until none arrive for `ms` milliseconds; then the body fails with
 * `request_timeout`.
 */
export function stallGuarded(
  source: ReadableStream<Uint8Array>,
  ms: number,
): ReadableStream<Uint8Array> {
  const { read, cancel } = opened(source);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await readWithin({ read, cancel }, ms);
      if (done) controller.close();
      else controller.enqueue(value!);
    },
    cancel,
  }, { highWaterMark: 0 });
}

interface OpenedBody {
  read(): Promise<{ done: boolean; value?: Uint8Array }>;
  cancel(reason: unknown): Promise<void>;
}

/** A request's body from the network is a byte stream; a manually created one need not be. */
function opened(source: ReadableStream<Uint8Array>): OpenedBody {
  const cancel = (reason: unknown) => reader.cancel(reason);
  const reader = byteReader(source) ?? source.getReader();
  if (reader instanceof ReadableStreamDefaultReader) return { read: () => reader.read(), cancel };
  return { read: () => readBytes(reader), cancel };
}

/**
 * Bytes far smaller than their buffer are copied, because a consumer that collects them would keep
 * the buffer.
 */
async function readBytes(reader: ReadableStreamBYOBReader) {
  const { done, value } = await reader.read(new Uint8Array(READ_SIZE));
  return { done, value: value && value.length < READ_SIZE / 2 ? value.slice() : value };
}

function byteReader(source: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | null {
  try {
    return source.getReader({ mode: "byob" });
  } catch (error) {
    if (error instanceof TypeError && !source.locked) return null;
    throw error;
  }
}

async function readWithin(reader: OpenedBody, ms: number) {
  const stalled = () => {
    const message = `Cannot continue the upload: no bytes arrived for ${ms} ms`;
    return new AppError("request_timeout", message);
  };
  try {
    return await withDeadline(reader.read(), ms, stalled);
  } catch (error) {
    reader.cancel(error).catch(() => {});
    if (error instanceof AppError) throw error;
    throw new AppError(
      "invalid_request",
      "Cannot read the body: the connection broke off before its end",
      { cause: error },
    );
  }
}
