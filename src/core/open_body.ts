/** The body of one response on its way to a client; ends once, however it ends. */
export class OpenBody {
  #readAt = performance.now();
  #isWanted = true;
  #reader?: ReadableStreamDefaultReader<Uint8Array>;
  #controller?: ReadableStreamDefaultController<Uint8Array>;
  #isOver = false;

  constructor(readonly owner: string, private readonly onEnd: () => void) {}

  /** Time since the client took the last bytes, in ms; 0 while it waits for more. */
  get idleMs(): number {
    return this.#isWanted ? 0 : performance.now() - this.#readAt;
  }

  /** Returns the body for the client: nothing is read ahead of what it takes. */
  start(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = this.#reader = body.getReader();
    this.#rest();
    return new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#controller = controller),
      pull: (controller) => this.#pull(controller),
      cancel: async (reason) => {
        this.end();
        await reader.cancel(reason);
      },
    }, { highWaterMark: 0 });
  }

  /**
   * Breaks the response off: by its Content-Length, which it needs, the client sees that it is not
   * whole. (Deno would log an error of the stream, so that a client could fill the log.)
   */
  cut(): void {
    if (this.#isOver) return;
    this.end();
    this.#controller?.close();
    this.#reader?.cancel().catch(() => {});
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.onEnd();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#isWanted = true;
    try {
      const { done, value } = await this.#reader!.read();
      if (this.#isOver) return;
      if (!done) return controller.enqueue(value);
      this.end();
      controller.close();
    } catch (error) {
      this.end();
      throw error;
    } finally {
      this.#rest();
    }
  }

  #rest(): void {
    this.#isWanted = false;
    this.#readAt = performance.now();
  }
}
