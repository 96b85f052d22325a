import { CircuitBreaker } from "../../core/circuit_breaker.ts";
import type { Clock } from "../../core/clock.ts";
import { AppError } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import type { Log } from "../../core/log.ts";
import { toTimestamp } from "../../core/clock.ts";
import { isVisible } from "../../core/visible_text.ts";
import { codePoints } from "../../api/fields.ts";
import { customInput } from "../../api/custom_data.ts";
import type { SigningKey } from "../../core/webhook_signature.ts";
import type { CustomData } from "../../model/custom_data.ts";
import type { ScreenedMessage } from "../../model/screened_message.ts";
import type { SignedPost } from "../signed_post.ts";

/** A hook with its secret, ready to be asked. */
export interface OpenHook {
  url: string;
  key: SigningKey;
  onFailure: "allow" | "refuse";
}

export type HookOutcome = "allowed" | "changed" | "refused" | "failed" | "skipped";

export interface MessageHookOptions {
  post: Pick<SignedPost, "send">;
  clock: Clock;
  log: Log;
  limits: { textLength: number; messageHookMs: number };
  observe(outcome: HookOutcome): void;
}

/** Concurrent questions; a message beyond them counts as one that was not answered. */
const MAX_IN_FLIGHT = 64;
const MAX_ANSWER_BYTES = 256 * 1024;
const MAX_REASON = 500;
const FIELDS = new Set(["refuse", "text", "custom"]);
const BREAKER = { failures: 5, firstPauseMs: 5_000, longestPauseMs: 60_000 };

/**
 * Asks the customer's backend whether a message may be stored. After several failures in a row it
 * is not asked for a while, so that a backend that is down does not cost each message half a
 * second.
 */
export class MessageHook {
  readonly #breaker = new CircuitBreaker(BREAKER);
  #inFlight = 0;

  constructor(private readonly options: MessageHookOptions) {}

  /**
   * Returns the content to store. Throws `message_refused`, and `unavailable` where failures
   * refuse.
   */
  async ask(hook: OpenHook, message: ScreenedMessage): Promise<HookedContent> {
    const { clock, observe, log } = this.options;
    if (this.#breaker.waitMs(clock.now()) > 0 || this.#inFlight >= MAX_IN_FLIGHT) {
      observe("skipped");
      return withoutAnswer(hook, message);
    }
    this.#inFlight++;
    try {
      const answer = await this.#answerOf(hook, message);
      this.#breaker.succeeded();
      return this.#apply(answer, message);
    } catch (error) {
      if (error instanceof AppError) throw error;
      this.#breaker.failed(clock.now());
      observe("failed");
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      log.warn("Message hook failed", { reason: reason.slice(0, 200), onFailure: hook.onFailure });
      return withoutAnswer(hook, message);
    } finally {
      this.#inFlight--;
    }
  }

  /** Throws an Error for anything but a valid answer. */
  async #answerOf(hook: OpenHook, message: ScreenedMessage): Promise<HookAnswer> {
    const { post, clock, limits } = this.options;
    const id = newId();
    const timestamp = toTimestamp(clock.now());
    const { status, body } = await post.send({
      url: hook.url,
      id,
      body: JSON.stringify({ id, type: "before.message", timestamp, data: message }),
      keys: [hook.key],
    }, { timeoutMs: limits.messageHookMs, maxAnswerBytes: MAX_ANSWER_BYTES });
    if (status < 200 || status > 299) throw new Error(`status ${status}`);
    const answer = answerIn(body, limits.textLength);
    if (isBlank(answer.text) && message.mediaIds.length === 0) {
      throw new Error("text must not be blank, since the message has no files");
    }
    return answer;
  }

  #apply(answer: HookAnswer, message: ScreenedMessage): HookedContent {
    const { observe } = this.options;
    if (answer.refuse !== undefined) {
      observe("refused");
      throw new AppError("message_refused", `Cannot send: ${answer.refuse}`);
    }
    const { text = message.text, custom } = answer;
    observe(text !== message.text || custom !== undefined ? "changed" : "allowed");
    return { text, ...(custom !== undefined && { custom }) };
  }
}

/** Text and custom data to store; custom data that is left out stays. */
export interface HookedContent {
  text: string;
  custom?: CustomData | null;
}

interface HookAnswer extends Partial<HookedContent> {
  /** The reason, for the sender. */
  refuse?: string;
}

function answerIn(body: string, maxText: number): HookAnswer {
  if (body.trim() === "") return {};
  const { refuse, text, custom } = objectIn(body);
  if (refuse !== undefined) {
    if (typeof refuse !== "string") throw new Error("refuse must be the reason as a string");
    return { refuse: refuse.slice(0, MAX_REASON).replaceAll(/\p{Cc}/gu, " ") };
  }
  const changed = custom === undefined ? {} : { custom: customInput().parse(custom) };
  if (text === undefined) return changed;
  const isText = typeof text === "string" && !text.includes("\0") && text.isWellFormed();
  if (!isText || codePoints(text) > maxText) {
    throw new Error("text must be a text within its limit");
  }
  return { text, ...changed };
}

const isBlank = (text: string | undefined) => text !== undefined && !isVisible(text);

/** A misspelled field must not let a message pass that the backend meant to refuse. */
function objectIn(body: string): Record<string, unknown> {
  const answer: unknown = JSON.parse(body);
  if (typeof answer !== "object" || answer === null || Array.isArray(answer)) {
    throw new Error("the answer must be an object");
  }
  const fields = Object.keys(answer);
  if (fields.length > 0 && !fields.some((field) => FIELDS.has(field))) {
    throw new Error("the answer must have the field refuse, text or custom");
  }
  return answer as Record<string, unknown>;
}

function withoutAnswer({ onFailure }: OpenHook, { text }: ScreenedMessage): HookedContent {
  if (onFailure === "allow") return { text };
  const message = "Cannot send: the message could not be checked, try again";
  throw new AppError("unavailable", message, { retryAfter: 1 });
}
