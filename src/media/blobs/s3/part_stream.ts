const FIRST_CAPACITY = 64 * 1024;

/**
 * Cuts a body into parts of `partSize` bytes; only the last one may be shorter, and none is empty.
 * `head` (shorter than a part) is put before the body. If the body fails, the bytes received until
 * then are yielded first and the next step throws the error: a caller that must not keep the bytes
 * of a failed body has to step to the end. Stopping early cancels the body.
 *
 * Two buffers are reused alternately: the bytes of a part are valid until the part after the next
 * is requested.
 */
export async function* partsOf(
  body: ReadableStream<Uint8Array>,
  partSize: number,
  head: Uint8Array = new Uint8Array(),
): AsyncGenerator<Uint8Array> {
  const buffer = new PartBuffer(partSize);
  buffer.write(head);
  try {
    for await (const chunk of body) {
      for (let at = 0; at < chunk.byteLength;) {
        at += buffer.write(chunk.subarray(at));
        if (buffer.isFull) yield buffer.release();
      }
    }
  } catch (error) {
    // Only the body's own errors arrive here: an error of the consumer does not enter a generator.
    if (buffer.size > 0) yield buffer.release();
    throw error;
  }
  if (buffer.size > 0) yield buffer.release();
}

/**
 * Grows by doubling: a small body takes little memory, and one that arrives byte by byte takes no
 * more.
 */
class PartBuffer {
  #bytes = new Uint8Array(0);
  /** Buffer of the part before last, for reuse. */
  #spare = new Uint8Array(0);
  size = 0;

  constructor(readonly capacity: number) {}

  get isFull(): boolean {
    return this.size === this.capacity;
  }

  /** Copies as many bytes as fit, and returns their number. */
  write(bytes: Uint8Array): number {
    const count = Math.min(bytes.byteLength, this.capacity - this.size);
    this.#reserve(this.size + count);
    this.#bytes.set(bytes.subarray(0, count), this.size);
    this.size += count;
    return count;
  }

  /** Returns the bytes and starts a new part. */
  release(): Uint8Array {
    const part = this.#bytes.subarray(0, this.size);
    [this.#bytes, this.#spare] = [this.#spare, this.#bytes];
    this.size = 0;
    return part;
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.byteLength) return;
    const doubled = Math.max(size, FIRST_CAPACITY, this.#bytes.byteLength * 2);
    const grown = new Uint8Array(Math.min(doubled, this.capacity));
    grown.set(this.#bytes.subarray(0, this.size));
    this.#bytes = grown;
  }
}
