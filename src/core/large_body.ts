/** Bytes that the network takes at once. */
const CHUNK_BYTES = 64 * 1024;

/** Minimum size in bytes; smaller ones fit into the buffers of a connection. */
export const LARGE_BYTES = CHUNK_BYTES;

/**
 * The large body of one response: it waits in memory for its client to read it, and can be cut. It
 * ends as the network takes its last bytes, before the client can have read them: a client that
 * sends its next request after the last byte is never too early. (`OpenBody` ends one read later.)
 */
export class LargeBody {
  readonly stream: ReadableStream<Uint8Array>;
  #bytes: Uint8Array;
  #controller?: ReadableStreamDefaultController<Uint8Array>;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.stream = new ReadableStream({
      start: (controller) => void (this.#controller = controller),
      pull: () => this.#pull(),
      cancel: () => this.#drop(),
    }, { highWaterMark: 0 });
  }

  /** False once the network has taken the last bytes, or wants none. */
  get isUnread(): boolean {
    return this.#bytes.length > 0;
  }

  /**
   * Breaks the response off if it was not read to its end: by its Content-Length, which it needs,
   * the client sees that it is not whole. (Deno would log an error of the stream.)
   */
  cut(): void {
    if (!this.isUnread) return;
    this.#drop();
    this.#controller!.close();
  }

  #pull(): void {
    const chunk = this.#bytes.subarray(0, CHUNK_BYTES);
    this.#bytes = this.#bytes.subarray(CHUNK_BYTES);
    this.#controller!.enqueue(chunk);
    if (this.isUnread) return;
    this.#drop();
    this.#controller!.close();
  }

  #drop(): void {
    this.#bytes = new Uint8Array();
  }
}
