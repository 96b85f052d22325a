import type { Transport } from "engine.io";

/** The request type that the base class and Socket.IO expect. */
export type EngineRequest = ConstructorParameters<typeof Transport>[0] & { method?: string };

/**
 * One HTTP exchange, in the shape that `engine.io` and `socket.io` read of node's `IncomingMessage`
 * (`headers`, `url`, `_query`, `connection`), with the deferred response that a poll needs.
 *
 * A session keeps its first exchange for its whole life, for its handshake's data; so the native
 * request is released when the response is sent.
 */
export class Exchange {
  readonly method: string;
  /** Path and query, as in node. */
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly _query: Record<string, string>;
  readonly connection: { remoteAddress: string; encrypted: boolean };
  #request: Request | null;
  #resolve: ((response: Response) => void) | null;
  #onAbort: (() => void) | null = null;

  /** `resolve` receives the response. */
  constructor(request: Request, remoteAddress: string, resolve: (response: Response) => void) {
    const url = new URL(request.url);
    this.method = request.method;
    this.url = url.pathname + url.search;
    this.headers = Object.fromEntries(request.headers);
    this._query = Object.fromEntries(url.searchParams);
    this.connection = { remoteAddress, encrypted: url.protocol === "https:" };
    this.#request = request;
    this.#resolve = resolve;
  }

  /** The native request, until it is answered. */
  get request(): Request {
    if (!this.#request) {
      throw new TypeError("Cannot read the request: this exchange has been answered");
    }
    return this.#request;
  }

  /** Answers the client; a second response is ignored. */
  answer(response: Response): void {
    this.#forgetAbort();
    this.#resolve?.(response);
    this.#request = null;
    this.#resolve = null;
  }

  /**
   * Calls back if the client disconnects before its response. (`request.signal` fires after a
   * complete response too if Deno runs without `no-legacy-abort`; the callback has been dropped by
   * then.)
   */
  onAbort(callback: () => void): void {
    this.#forgetAbort();
    this.#onAbort = callback;
    this.request.signal.addEventListener("abort", callback);
  }

  #forgetAbort(): void {
    if (this.#onAbort) this.#request?.signal.removeEventListener("abort", this.#onAbort);
    this.#onAbort = null;
  }
}

/** Returns a plain text response that no cache may store. */
export function textResponse(
  body: string | ReadableStream<Uint8Array>,
  status = 200,
  headers: OutgoingHeaders = {},
): Response {
  return new Response(body, {
    status,
    headers: toHeaders({
      "content-type": "text/plain; charset=UTF-8",
      "cache-control": "no-store",
      ...headers,
    }),
  });
}

/** Headers that listeners of the engine's `headers` and `initial_headers` events set. */
export type OutgoingHeaders = Record<string, string | string[]>;

/** Appends several values as separate fields, because `set-cookie` cannot be joined. */
export function toHeaders(fields: OutgoingHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of [value].flat()) headers.append(name, one);
  }
  return headers;
}
