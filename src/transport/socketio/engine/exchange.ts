import type { Transport } from "engine.io";

/** The request as the base class and Socket.IO take it. */
export type EngineRequest = ConstructorParameters<typeof Transport>[0] & { method?: string };

/**
 * One HTTP exchange, in the shape that `engine.io` and `socket.io` read of node's `IncomingMessage`
 * (`headers`, `url`, `_query`, `connection`), with the deferred answer that a poll needs.
 *
 * A session keeps its first exchange for as long as it lives, for its handshake's data; so the native
 * request, and whatever it holds, is let go of with the answer.
 */
export class Exchange {
  readonly method: string;
  /** Path and query, as node has it. */
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly _query: Record<string, string>;
  readonly connection: { remoteAddress: string; encrypted: boolean };
  #request: Request | null;
  #resolve: ((response: Response) => void) | null;
  #onAbort: (() => void) | null = null;

  /** `resolve` takes the answer. */
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
    if (!this.#request) throw new TypeError("This exchange is over: its request is gone");
    return this.#request;
  }

  /** Answers the client; a second answer is ignored. */
  answer(response: Response): void {
    this.#forgetAbort();
    this.#resolve?.(response);
    this.#request = null;
    this.#resolve = null;
  }

  /**
   * Calls back if the client goes away before its answer. (`request.signal` fires after a complete
   * answer too where Deno runs without `no-legacy-abort`: by then nobody listens any more.)
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

/** An answer of plain text that no cache may keep. */
export function textResponse(body: string, status = 200, headers: OutgoingHeaders = {}): Response {
  return new Response(body, {
    status,
    headers: toHeaders({
      "content-type": "text/plain; charset=UTF-8",
      "cache-control": "no-store",
      ...headers,
    }),
  });
}

/** What listeners of the engine's `headers` and `initial_headers` events fill in. */
export type OutgoingHeaders = Record<string, string | string[]>;

/** Several values are several fields: `set-cookie` cannot be one. */
export function toHeaders(fields: OutgoingHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of [value].flat()) headers.append(name, one);
  }
  return headers;
}
