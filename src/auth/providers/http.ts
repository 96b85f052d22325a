import { AppError } from "../../core/errors.ts";

const TIMEOUT_MS = 5_000;
/** Larger than any expected response. */
const MAX_BYTES = 256 * 1024;

/**
 * HTTP client of one provider. Every request has a timeout, and `close` aborts requests in flight.
 */
export class ProviderHttp {
  readonly #stop = new AbortController();

  constructor(private readonly name: string) {}

  /**
   * Sends one request. Throws `unavailable` if the provider cannot be reached, takes too long,
   * fails (5xx) or returns no JSON or too much of it; a refusal (4xx) is left to the caller.
   */
  async ask(url: string | URL, init: RequestInit = {}): Promise<{ ok: boolean; body: unknown }> {
    try {
      const headers = { accept: "application/json", ...init.headers };
      const response = await this.fetch(url, { ...init, headers });
      const text = await readBounded(response);
      if (response.status >= 500) {
        throw new Error(`The provider returned status ${response.status}`);
      }
      return { ok: response.ok, body: JSON.parse(text) };
    } catch (cause) {
      const message = `Cannot reach ${this.name}: the request failed or timed out`;
      throw new AppError("unavailable", message, { cause });
    }
  }

  /** Like the global `fetch`, but with a timeout and without redirects. */
  fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const signals = [AbortSignal.timeout(TIMEOUT_MS), this.#stop.signal];
    if (init.signal) signals.push(init.signal);
    return fetch(url, { ...init, redirect: "error", signal: AbortSignal.any(signals) });
  }

  /** Aborts requests in flight and rejects new ones. */
  close(): void {
    this.#stop.abort(new DOMException("The server is stopping", "AbortError"));
  }
}

/** Throws as soon as the body is longer than `MAX_BYTES`. */
async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`The provider returned more than ${MAX_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
