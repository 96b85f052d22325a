import type { Clock } from "../core/clock.ts";
import { deadline, type HttpAnswer, post } from "../core/http_post.ts";
import type { Resolve } from "../core/public_lookup.ts";
import { PublicPoster } from "../core/public_poster.ts";
import { untilAborted } from "../core/until_aborted.ts";
import { signatureHeaders } from "../core/webhook_signature.ts";

export interface SignedPostRequest {
  url: string;
  id: string;
  body: string;
  /** The keys of the secrets. */
  keys: readonly Uint8Array[];
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
    { url, id, body, keys }: SignedPostRequest,
    { timeoutMs, signal, maxAnswerBytes }: SignedPostLimits,
  ): Promise<HttpAnswer> {
    const until = deadline(timeoutMs, signal);
    const timestamp = Math.floor(this.options.clock.now() / 1000);
    const headers = {
      "content-type": "application/json",
      "user-agent": "RealTimeChat-Webhooks",
      ...signatureHeaders({ id, timestamp, body }, keys),
    };
    const address = new URL(url);
    const request = { headers, signal: until, maxAnswerBytes };
    const sent = this.options.allowedOrigins.includes(address.origin)
      ? post(address, { ...request, body })
      : this.#poster.post(address, { ...request, body: encoder.encode(body) });
    return await untilAborted(sent, until);
  }

  close(): void {
    this.#poster.close();
  }
}
