/**
 * Deterministic bytes and choices (xorshift32), so that a failure can be reproduced from its seed.
 */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** Returns an integer from 0 up to, but excluding, `limit`. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const words = new Uint32Array(Math.ceil(length / 4));
    for (let at = 0; at < words.length; at++) words[at] = this.below(0xffffffff);
    return new Uint8Array(words.buffer, 0, length);
  }
}

/** Returns the bytes as a body in chunks of random sizes, including empty ones. */
export function randomlyChunked(
  bytes: Uint8Array,
  random: Random,
  largest: number,
): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.byteLength) return controller.close();
      const end = at + random.below(largest + 1);
      controller.enqueue(bytes.slice(at, end));
      at = end;
    },
  });
}

/** Returns a body of the bytes that fails with the error instead of ending. */
export function breakingOff(bytes: Uint8Array, error: Error): ReadableStream<Uint8Array> {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) return controller.error(error);
      sent = true;
      controller.enqueue(bytes);
    },
  }, { highWaterMark: 0 });
}

export function bodyOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

export async function bytesOf(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(
    await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}
