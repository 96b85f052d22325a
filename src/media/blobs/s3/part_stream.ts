const FIRST_CAPACITY = 64 * 1024;

/**
 * Cuts a body into parts of `partSize` bytes; only the last one may be shorter, and none is empty.
 * `head` (shorter than a part) goes before the body. When the body fails, what had arrived is yielded
 * first and the error is thrown by the next step: a caller that may not keep a broken body's bytes
 * must step to the end. Stopping early cancels the body.
 *
 * Two buffers serve all parts in turn: the bytes of a part are good until the next but one is asked for.
 */
export async function* partsOf(
  body: ReadableStream<Uint8Array>,
  partSize: number,
  head: Uint8Array = new Uint8Array(),
): AsyncGenerator<Uint8Array> {
  const buffer = new PartBuffer(partSize);
  buffer.take(head);
  try {
    for await (const chunk of body) {
      for (let at = 0; at < chunk.byteLength;) {
        at += buffer.take(chunk.subarray(at));
        if (buffer.isFull) yield buffer.release();
      }
    }
  } catch (error) {
    // Only the body's own errors get here: what a consumer throws does not enter a generator.
    if (buffer.size > 0) yield buffer.release();
    throw error;
  }
  if (buffer.size > 0) yield buffer.release();
}

/** Grows by doubling: a small body costs little, and one that comes byte by byte costs no more. */
class PartBuffer {
  #bytes = new Uint8Array(0);
  /** What the part before last was handed over in. */
  #spare = new Uint8Array(0);
  size = 0;

  constructor(readonly capacity: number) {}

  get isFull(): boolean {
    return this.size === this.capacity;
  }

  /** Takes what there is room for, and answers how much that was. */
  take(bytes: Uint8Array): number {
    const count = Math.min(bytes.byteLength, this.capacity - this.size);
    this.#reserve(this.size + count);
    this.#bytes.set(bytes.subarray(0, count), this.size);
    this.size += count;
    return count;
  }

  /** Hands the bytes over, and starts anew. */
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
