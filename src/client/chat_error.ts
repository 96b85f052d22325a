import type { ErrorCode, FieldError } from "../core/errors.ts";

/** Codes of the server, and codes of the client itself. */
export type ChatErrorCode =
  | ErrorCode
  /** The server could not be reached, or the connection broke before its response. */
  | "offline"
  /** No user is signed in, or the session has ended. */
  | "signed_out"
  /** The response does not follow this protocol: it comes from something other than the server. */
  | "bad_answer"
  /** The program uses the library wrongly; the message says what to change. */
  | "misuse";

/** RFC 9457 problem details, as REST and sockets send them. */
export interface Problem {
  code: ErrorCode;
  status?: number;
  title?: string;
  detail?: string;
  errors?: FieldError[];
  /** Whole seconds. */
  retryAfter?: number;
}

/**
 * The one error that the client throws; `code` is a closed union, to switch on.
 *
 * ```ts ignore
 * import { ChatError } from "realtimechat-client";
 *
 * try {
 *   await client.send(chatId, { text: "Hi", replyTo: chatId });
 * } catch (error) {
 *   assert.ok(error instanceof ChatError);
 *   assert.equal(error.code, "not_found");
 * }
 * ```
 */
export class ChatError extends Error {
  override readonly name = "ChatError";
  /** The faults by field, if a request has several. */
  readonly errors: FieldError[];
  /** Milliseconds after which a retry may succeed. */
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: ChatErrorCode,
    message: string,
    options: { cause?: unknown; errors?: FieldError[]; retryAfterMs?: number } = {},
  ) {
    super(message, { cause: options.cause });
    this.errors = options.errors ?? [];
    this.retryAfterMs = options.retryAfterMs;
  }

  /**
   * Returns the error of a problem report (RFC 9457) of the server; `retryAfterMs` is that of the
   * response's header, for a report without one.
   *
   * ```ts ignore
   * import { ChatError } from "realtimechat-client";
   *
   * const error = ChatError.of({ code: "rate_limited", title: "Too Many Requests", retryAfter: 2 });
   * assert.equal(error.retryAfterMs, 2_000);
   * ```
   */
  static of(problem: Partial<Problem>, retryAfterMs?: number): ChatError {
    const { code, detail, title, errors, retryAfter } = problem;
    if (code === undefined) {
      return new ChatError("bad_answer", "The response has no error code");
    }
    return new ChatError(code, detail ?? title ?? code, {
      errors,
      retryAfterMs: retryAfter === undefined ? retryAfterMs : retryAfter * 1000,
    });
  }
}

/** True if the same request may succeed later, so that it is kept and tried again. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof ChatError)) return false;
  return ["offline", "unavailable", "rate_limited", "internal", "request_timeout"]
    .includes(error.code);
}
