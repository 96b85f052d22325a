/**
 * The only error that the project throws on purpose.
 *
 * Callers receive one of these codes. Any other error is a bug, and leaves every transport as
 * `internal`, without its text. The union is closed so that the compiler checks each transport's
 * mapping for completeness.
 */
export const ERROR_CODES = [
  "invalid_request",
  "unauthenticated",
  "token_expired",
  "two_factor_required",
  "reauthentication_required",
  "account_suspended",
  "forbidden",
  "not_found",
  "method_not_allowed",
  "conflict",
  "stale_epoch",
  "message_refused",
  "chat_frozen",
  "precondition_failed",
  "payload_too_large",
  "quota_exceeded",
  "unsupported_media_type",
  "range_not_satisfiable",
  "checksum_mismatch",
  "request_timeout",
  "upgrade_required",
  "rate_limited",
  "unavailable",
  "internal",
] as const;

export type ErrorCode = typeof ERROR_CODES[number];

/**
 * One fault in a request: `path` is dotted from the root of the input, `""` for the whole of it,
 * and `message` is complete without it.
 */
export interface FieldError {
  path: string;
  message: string;
}

export interface AppErrorOptions {
  /** The faults by field, where the request has several. */
  errors?: FieldError[];
  /** Whole seconds after which a retry may succeed; of a fault that passes, 5 by default. */
  retryAfter?: number;
  cause?: unknown;
}

/** Whole seconds after which to retry a fault that passes, where its thrower knows no better. */
const RETRY_S: Partial<Record<ErrorCode, number>> = { rate_limited: 5, unavailable: 5 };

/** `message` reads `Cannot <action>: <reason with the value>`, and is shown to the caller. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly errors?: FieldError[];
  readonly retryAfter?: number;

  constructor(readonly code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.errors = options.errors;
    this.retryAfter = options.retryAfter ?? RETRY_S[code];
  }
}

/** For a field that is wrong in a way that no schema can detect, such as a taken name. */
export function fieldError(code: ErrorCode, path: string, message: string): AppError {
  return new AppError(code, message, { errors: [{ path, message }] });
}

/** The refusal of what comes too often: `what` says what was refused, and why. */
export function rateLimited(what: string, retryAfterMs: number): AppError {
  const retryAfter = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return new AppError("rate_limited", `${what}; try again in ${retryAfter} s`, { retryAfter });
}

/**
 * Returns the error for something that does not exist, or that the caller may not see. Both
 * responses are built here, so that they cannot drift apart.
 */
export function notFound(what: string, id: string): AppError {
  return new AppError("not_found", `There is no ${what} ${quote(id)}`);
}

/**
 * Returns an input value in a form that fits a message: one line, no control characters, at most 80
 * long.
 *
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(quote("a\tb"), `"a�b"`);
 * assert.equal(quote({ $gt: "" }), `"{"$gt":""}"`);
 * ```
 */
export function quote(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? String(value);
  const clean = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "�");
  return `"${clean.length > 80 ? `${clean.slice(0, 79)}…` : clean}"`;
}
