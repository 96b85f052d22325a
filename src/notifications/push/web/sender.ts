import { type Clock, systemClock } from "../../../core/clock.ts";
import { AppError } from "../../../core/errors.ts";
import { deadline, type HttpAnswer, post } from "../../../core/http_post.ts";
import { retryAfterMs } from "../../../core/retry_after.ts";
import { PrivateAddress, type Resolve } from "../../../core/public_lookup.ts";
import { PublicPoster } from "../../../core/public_poster.ts";
import { fitPush } from "../content.ts";
import { retry, retryAfterFault } from "../http.ts";
import type { Push, PushResult, PushSender, WebPushTarget } from "../sender.ts";
import { type VapidKeys, VapidSigner } from "./vapid.ts";
import { encryptWebPush, importSubscriptionKeys, MAX_PLAINTEXT_BYTES } from "./encryption.ts";
import { parseWebPushEndpoint } from "./endpoint.ts";
import { webPushTopic } from "../topic.ts";

export interface WebPushOptions {
  vapid: VapidKeys;
  /** See `parseWebPushEndpoint`. */
  allowedOrigins?: readonly string[];
  timeoutMs?: number;
  clock?: Clock;
  /** Resolver of host names; the system's by default. */
  resolve?: Resolve;
}

/**
 * Milliseconds. A push service responds within a fraction of this; a push to one that does not is
 * retried later.
 */
const TIMEOUT_MS = 5_000;

/** The value that a service worker gets from `event.data.json()`. */
export interface WebPushPayload {
  alert: Push["alert"];
  badge: number | null;
  /** For `showNotification`'s `tag`. */
  tag: string | null;
  data: Push["data"];
}

/** Web Push (RFC 8030) to the push service of any browser vendor. */
export class WebPushSender implements PushSender<WebPushTarget> {
  readonly #signer: VapidSigner;
  readonly #allowedOrigins: readonly string[];
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #poster: PublicPoster;

  constructor({ vapid, allowedOrigins, timeoutMs, clock, resolve }: WebPushOptions) {
    this.#clock = clock ?? systemClock;
    this.#signer = new VapidSigner(vapid, this.#clock);
    this.#allowedOrigins = allowedOrigins ?? [];
    this.#timeoutMs = timeoutMs ?? TIMEOUT_MS;
    this.#poster = new PublicPoster(resolve);
  }

  async send(target: WebPushTarget, push: Push, signal?: AbortSignal): Promise<PushResult> {
    const fitted = fitPush(push);
    if (typeof fitted === "string") return { outcome: "rejected", reason: fitted };
    const plaintext = payloadOf(fitted);
    if (plaintext.length > MAX_PLAINTEXT_BYTES) {
      return { outcome: "rejected", reason: `The push has ${plaintext.length} bytes, too many` };
    }
    try {
      const until = deadline(this.#timeoutMs, signal);
      return resultOf(await this.#post(target, fitted, plaintext, until), this.#clock.now());
    } catch (error) {
      if (error instanceof AppError || error instanceof PrivateAddress) {
        return { outcome: "rejected", reason: error.message };
      }
      return retryAfterFault("The push service", error);
    }
  }

  async #post(
    target: WebPushTarget,
    push: Push,
    plaintext: Uint8Array,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const endpoint = parseWebPushEndpoint(target.endpoint, this.#allowedOrigins);
    const body = await encryptWebPush(plaintext, await importSubscriptionKeys(target));
    const headers = {
      authorization: await this.#signer.authorization(endpoint),
      "content-type": "application/octet-stream",
      "content-encoding": "aes128gcm",
      ttl: String(push.ttl),
      urgency: push.urgency,
      ...(push.collapseKey !== null && { topic: await webPushTopic(push.collapseKey) }),
    };
    return this.#allowedOrigins.includes(endpoint.origin)
      ? await post(endpoint, { headers, body, signal })
      : await this.#poster.post(endpoint, { headers, body, signal });
  }
}

function payloadOf({ alert, badge, collapseKey, data }: Push): Uint8Array {
  const payload: WebPushPayload = { alert, badge, tag: collapseKey, data };
  return new TextEncoder().encode(JSON.stringify(payload));
}

/** RFC 8030, sections 5 and 7.3; in practice services return 410 for an ended subscription. */
function resultOf({ status, headers }: HttpAnswer, now: number): PushResult {
  if (status >= 200 && status < 300) return { outcome: "delivered" };
  const reason = `The push service returned ${status}`;
  if (status === 404 || status === 410) return { outcome: "gone", reason };
  if (status === 429 || status === 408 || status >= 500) {
    return retry(reason, retryAfterMs(headers, now));
  }
  return { outcome: "rejected", reason };
}
