import type { Clock } from "../core/clock.ts";
import { deadline, type HttpAnswer, post, retryAfterMs } from "../core/http_post.ts";
import type { Resolve } from "../core/public_lookup.ts";
import { PublicPoster } from "../core/public_poster.ts";
import { untilAborted } from "../core/until_aborted.ts";
import { signatureHeaders } from "../core/webhook_signature.ts";
import type { DeliveryAnswer } from "../model/webhook.ts";

export interface WebhookRequest {
  url: string;
  id: string;
  body: string;
  /** The keys of the endpoint's secrets. */
  keys: readonly Uint8Array[];
}

export interface WebhookResult {
  /** `gone`: the endpoint answered 410, and wants no more. */
  outcome: "delivered" | "retry" | "gone";
  answer: DeliveryAnswer;
  /** Milliseconds after which the endpoint asked to be tried again. */
  afterMs?: number;
}

export interface WebhookSenderOptions {
  clock: Clock;
  /** Origins of WEBHOOK_ALLOW_PRIVATE, which may be in a private network. */
  allowedOrigins: readonly string[];
  timeoutMs?: number;
  resolve?: Resolve;
}

const TIMEOUT_MS = 10_000;
/** Characters kept of a response. */
const KEPT_BODY = 512;
const encoder = new TextEncoder();

/**
 * Sends one signed request. Any status of success is a receipt; redirects are not followed, and at
 * most the start of a response is read.
 */
export class WebhookSender {
  readonly #options: Required<Omit<WebhookSenderOptions, "resolve">>;
  readonly #poster: PublicPoster;

  constructor({ resolve, ...options }: WebhookSenderOptions) {
    this.#options = { timeoutMs: TIMEOUT_MS, ...options };
    this.#poster = new PublicPoster(resolve);
  }

  /** Never throws. */
  async send(request: WebhookRequest, signal: AbortSignal): Promise<WebhookResult> {
    const { clock, timeoutMs } = this.#options;
    const at = clock.now();
    const began = performance.now();
    const answered = (fields: Pick<DeliveryAnswer, "status" | "body" | "error">) => ({
      at,
      durationMs: Math.round(performance.now() - began),
      ...fields,
    });
    try {
      const until = deadline(timeoutMs, signal);
      const response = await untilAborted(this.#post(request, at, until), until);
      const { status } = response;
      const answer = answered({ status, body: startOf(response.body), error: null });
      return { ...outcomeOf(response, clock.now()), answer };
    } catch (error) {
      const answer = answered({ status: null, body: "", error: reasonOf(error) });
      return { outcome: "retry", answer };
    }
  }

  close(): void {
    this.#poster.close();
  }

  #post({ url, id, body, keys }: WebhookRequest, now: number, signal: AbortSignal) {
    const timestamp = Math.floor(now / 1000);
    const headers = {
      "content-type": "application/json",
      "user-agent": "RealTimeChat-Webhooks",
      ...signatureHeaders({ id, timestamp, body }, keys),
    };
    const address = new URL(url);
    return this.#options.allowedOrigins.includes(address.origin)
      ? post(address, { headers, body, signal })
      : this.#poster.post(address, { headers, body: encoder.encode(body), signal });
  }
}

function outcomeOf({ status, headers }: HttpAnswer, now: number): Omit<WebhookResult, "answer"> {
  if (status >= 200 && status < 300) return { outcome: "delivered" };
  if (status === 410) return { outcome: "gone" };
  return { outcome: "retry", afterMs: retryAfterMs(headers, now) };
}

/** U+0000 is no character that the store takes. */
function startOf(body: string): string {
  return body.slice(0, KEPT_BODY).replaceAll("\0", "").toWellFormed();
}

/** Names the fault, without addresses of the network. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown fault";
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? `${error.name} (${code})` : error.name;
}
