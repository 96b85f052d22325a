/** Response of a fake vendor's server instead of its real work. */
export interface ScriptedAnswer {
  status: number;
  retryAfter?: string;
  headers?: Record<string, string>;
  body?: string | ReadableStream<Uint8Array>;
}

/** Responses in a row, each for one request; a response may also never arrive. */
export class ScriptedAnswers {
  readonly #queue: (ScriptedAnswer | "hang")[] = [];
  readonly #released = Promise.withResolvers<void>();

  /** True once each response has had its request. */
  get areTaken(): boolean {
    return this.#queue.length === 0;
  }

  add(...answers: (ScriptedAnswer | "hang")[]): void {
    this.#queue.push(...answers);
  }

  /** Returns null when nothing is scripted: the server does its real work. */
  async take(body: (answer: ScriptedAnswer) => string): Promise<Response | null> {
    const answer = this.#queue.shift();
    if (answer === undefined) return null;
    if (answer === "hang") {
      await this.#released.promise;
      return new Response(null, { status: 503 });
    }
    const { status, retryAfter, headers } = answer;
    return new Response(answer.body ?? body(answer), {
      status,
      headers: { ...headers, ...(retryAfter !== undefined && { "retry-after": retryAfter }) },
    });
  }

  /** Ends hanging requests, so that the server can stop. */
  release(): void {
    this.#released.resolve();
  }
}
