export interface Peeked {
  /** The first `length` bytes, or all of them if there are fewer. */
  head: Uint8Array;
  /** The whole body, the head included. */
  body: ReadableStream<Uint8Array>;
}

/** Reads just enough of a body to detect its type, and returns the body as if unread. */
export async function peekStream(
  source: ReadableStream<Uint8Array>,
  length: number,
): Promise<Peeked> {
  const reader = source.getReader();
  const chunks: Uint8Array[] = [];
  for (let size = 0; size < length;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.byteLength;
  }
  const head = joined(chunks, length);
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = chunks.shift();
      if (next) return controller.enqueue(next);
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
  return { head, body };
}

function joined(chunks: Uint8Array[], limit: number): Uint8Array {
  const size = Math.min(limit, chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    const piece = chunk.subarray(0, size - at);
    all.set(piece, at);
    at += piece.byteLength;
  }
  return all;
}
