import type { Clock } from "../core/clock.ts";
import { type HttpAnswer, post, type PostRequest } from "../core/http_post.ts";
import type { Resolve } from "../core/public_lookup.ts";
import { PublicPoster } from "../core/public_poster.ts";
import { runAbortable } from "../core/run_abortable.ts";
import { signatureHeaders, type SigningKey } from "../core/webhook_signature.ts";

export interface SignedPostRequest {
  url: string;
  id: string;
  body: string;
  /** The keys of the secrets. */
  keys: readonly SigningKey[];
}

export interface SignedPostLimits {
  timeoutMs: number;
  signal?: AbortSignal;
  maxAnswerBytes?: number;
}

export interface SignedPostOptions {
  clock: Clock;
  /** Origins of WEBHOOK_ALLOW_PRIVATE, which may be in a private network. */
  allowedOrigins: readonly string[];
  resolve?: Resolve;
}

const encoder = new TextEncoder();

/**
 * Sends signed requests to the customer's backend, which must have public addresses unless its
 * origin is allowed. Redirects are not followed, and only the start of a response is read.
 */
export class SignedPost {
  readonly #poster: PublicPoster;

  constructor(private readonly options: SignedPostOptions) {
    this.#poster = new PublicPoster(options.resolve);
  }

  /** Throws what the connection throws, `PrivateAddress`, or the reason of the abort. */
  async send(
    request: SignedPostRequest,
    { timeoutMs, signal, maxAnswerBytes }: SignedPostLimits,
  ): Promise<HttpAnswer> {
    return await runAbortable(timeoutMs, signal, (until) => {
      return this.#post(request, { signal: until, maxAnswerBytes });
    });
  }

  close(): void {
    this.#poster.close();
  }

  #post(
    { url, id, body, keys }: SignedPostRequest,
    limits: Pick<PostRequest, "signal" | "maxAnswerBytes">,
  ): Promise<HttpAnswer> {
    const timestamp = Math.floor(this.options.clock.now() / 1000);
    const headers = {
      "content-type": "application/json",
      "user-agent": "RealTimeChat-Webhooks",
      ...signatureHeaders({ id, timestamp, body }, keys),
    };
    const address = new URL(url);
    return this.options.allowedOrigins.includes(address.origin)
      ? post(address, { headers, body, ...limits })
      : this.#poster.post(address, { headers, body: encoder.encode(body), ...limits });
  }
}
