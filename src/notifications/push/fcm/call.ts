import { AsyncLocalStorage } from "node:async_hooks";
import type { ClientRequest, IncomingMessage } from "node:http";
import { type HttpAnswer, MAX_ANSWER_BYTES } from "../../../core/http_post.ts";

const calls = new AsyncLocalStorage<FcmCall>();

/** A response that was cut off; only its status and headers are kept. */
export class OverlongAnswer extends Error {
  constructor(readonly answer: HttpAnswer) {
    super("The response of FCM is too long");
  }
}

/**
 * One call of the SDK, which cannot be canceled by itself and reads responses of any length. The
 * agent finds the call of a request through its asynchronous context.
 */
export class FcmCall {
  readonly #failed = Promise.withResolvers<never>();
  readonly #requests = new Set<ClientRequest>();
  #failure: Error | null = null;

  static current(): FcmCall | undefined {
    return calls.getStore();
  }

  get hasEnded(): boolean {
    return this.#failure !== null;
  }

  /**
   * Settles no later than `signal` aborts, with the signal's reason; the connection is then closed.
   */
  async run<Result>(send: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    const abort = () => this.#fail(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener("abort", abort);
    this.#failed.promise.catch(() => {});
    try {
      return await Promise.race([calls.run(this, send), this.#failed.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  begin(request: ClientRequest): void {
    this.#requests.add(request);
    // Runs before the SDK's own listener, which relies on the headers.
    request.prependListener("response", (response) => this.#bound(response));
    if (this.#failure) request.destroy(this.#failure);
  }

  /**
   * The server never asks FCM to compress: a response in another form is read as plain text, not
   * decompressed.
   */
  #bound(response: IncomingMessage): void {
    const answer = {
      status: response.statusCode ?? 0,
      headers: headersOf(response.headers),
      body: "",
    };
    delete response.headers["content-encoding"];
    delete response.headers["content-type"];
    let left = MAX_ANSWER_BYTES;
    response.on("data", (chunk: Uint8Array) => {
      left -= chunk.length;
      if (left < 0) this.#fail(new OverlongAnswer(answer));
    });
  }

  #fail(failure: Error): void {
    if (this.#failure) return;
    this.#failure = failure;
    this.#failed.reject(failure);
    // A separate error for the SDK, which would keep the signal's reason and modify it.
    for (const request of this.#requests) request.destroy(new Error("The call has ended"));
  }
}

export function headersOf(fields: Readonly<Record<string, unknown>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) headers.set(name, String(value));
  return headers;
}
