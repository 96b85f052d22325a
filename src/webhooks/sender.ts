import type { Clock } from "../core/clock.ts";
import type { HttpAnswer } from "../core/http_post.ts";
import { retryAfterMs } from "../core/retry_after.ts";
import type { DeliveryAnswer } from "../model/webhook.ts";
import type { SignedPost, SignedPostRequest } from "./signed_post.ts";

export interface WebhookResult {
  /** `gone`: the endpoint answered 410, and wants no more. */
  outcome: "delivered" | "retry" | "gone";
  answer: DeliveryAnswer;
  /** Milliseconds after which the endpoint asked to be tried again. */
  afterMs?: number;
}

const TIMEOUT_MS = 10_000;
/** Characters kept of a response. */
const KEPT_BODY = 512;

/** Sends one event, or one batch. Any status of success is a receipt. */
export class WebhookSender {
  constructor(
    private readonly post: Pick<SignedPost, "send">,
    private readonly clock: Clock,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  /** Never throws. */
  async send(request: SignedPostRequest, signal: AbortSignal): Promise<WebhookResult> {
    const { clock, timeoutMs } = this;
    const at = clock.now();
    const began = performance.now();
    const answered = (fields: Pick<DeliveryAnswer, "status" | "body" | "error">) => ({
      at,
      durationMs: Math.round(performance.now() - began),
      ...fields,
    });
    try {
      const response = await this.post.send(request, { timeoutMs, signal });
      const { status } = response;
      const answer = answered({ status, body: startOf(response.body), error: null });
      return { ...outcomeOf(response, clock.now()), answer };
    } catch (error) {
      const answer = answered({ status: null, body: "", error: reasonOf(error) });
      return { outcome: "retry", answer };
    }
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
