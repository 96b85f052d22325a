/** Thrown for a body that is longer than the reader allows. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
}

/**
 * Reads a request's body as UTF-8, up to `limit` bytes. `Deno.serve` has no limit for bodies, so
 * the bytes are counted while they arrive, whatever Content-Length says.
 */
export class BodyReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #announced: number;

  constructor(request: Request, private readonly limit: number) {
    this.#reader = request.body?.getReader();
    this.#announced = Number(request.headers.get("content-length") ?? 0);
  }

  /**
   * Throws `BodyTooLarge`, a `TypeError` for invalid UTF-8, or the error that broke the connection,
   * and reads no further then.
   */
  async text(): Promise<string> {
    try {
      return await this.#text();
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  async #text(): Promise<string> {
    if (this.#announced > this.limit) throw this.#tooLarge();
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    let text = "";
    let size = 0;
    for (;;) {
      const chunk = await this.#reader?.read();
      if (!chunk || chunk.done) return text + decoder.decode();
      size += chunk.value.byteLength;
      if (size > this.limit) throw this.#tooLarge();
      text += decoder.decode(chunk.value, { stream: true });
    }
  }

  /** Stops reading: a pending `text()` resolves with the bytes received so far. */
  cancel(): void {
    // Not awaited: while a client keeps sending, Deno settles this only when the connection ends.
    this.#reader?.cancel().catch(() => {});
  }

  #tooLarge(): BodyTooLarge {
    return new BodyTooLarge(`The body is longer than ${this.limit} bytes`);
  }
}
