import { AppError } from "../../core/errors.ts";

const TIMEOUT_MS = 5_000;
/** More than any answer that is asked for. */
const MAX_BYTES = 256 * 1024;

/** Asks one provider over HTTP. Every request has a timeout, and `close` ends those under way. */
export class ProviderHttp {
  readonly #stop = new AbortController();

  constructor(private readonly name: string) {}

  /**
   * One request. Throws `unavailable` when the provider cannot be reached, takes too long, fails (5xx)
   * or answers no JSON or too much; what it refuses is for the caller to judge.
   */
  async ask(url: string | URL, init: RequestInit = {}): Promise<{ ok: boolean; body: unknown }> {
    try {
      const headers = { accept: "application/json", ...init.headers };
      const response = await this.fetch(url, { ...init, headers });
      const text = await readBounded(response);
      if (response.status >= 500) throw new Error(`It answered ${response.status}`);
      return { ok: response.ok, body: JSON.parse(text) };
    } catch (cause) {
      const message = `Asking ${this.name}: it cannot be reached for now`;
      throw new AppError("unavailable", message, { cause });
    }
  }

  /** As the global one, but bounded in time and without redirects. */
  fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const signals = [AbortSignal.timeout(TIMEOUT_MS), this.#stop.signal];
    if (init.signal) signals.push(init.signal);
    return fetch(url, { ...init, redirect: "error", signal: AbortSignal.any(signals) });
  }

  /** Ends what is under way, and lets nothing begin. */
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
    if (bytes > MAX_BYTES) throw new Error(`It answered more than ${MAX_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
