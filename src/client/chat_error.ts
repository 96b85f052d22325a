import type { ErrorCode, FieldError } from "../core/errors.ts";

/** What a server answers, and what a client finds out by itself. */
export type ChatErrorCode =
  | ErrorCode
  /** The server could not be reached, or the connection broke before it answered. */
  | "offline"
  /** Nobody is signed in, or no longer. */
  | "signed_out"
  /** The answer is not what this protocol says: it comes from something else than the server. */
  | "bad_answer"
  /** The program uses the library wrongly; the message says what to change. */
  | "misuse";

/** RFC 9457, as REST and sockets answer it. */
export interface Problem {
  code: ErrorCode;
  status?: number;
  title?: string;
  detail?: string;
  errors?: FieldError[];
  /** Whole seconds. */
  retryAfter?: number;
}

/** The one error that the client throws; `code` is a closed union, to switch on. */
export class ChatError extends Error {
  override readonly name = "ChatError";
  /** The faults by field, where a request has several. */
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

  static of(problem: Partial<Problem>): ChatError {
    const { code, detail, title, errors, retryAfter } = problem;
    if (code === undefined) return new ChatError("bad_answer", "The answer is no problem report");
    return new ChatError(code, detail ?? title ?? code, {
      errors,
      ...(retryAfter !== undefined && { retryAfterMs: retryAfter * 1000 }),
    });
  }
}

/** Whether the same request may well succeed later, so that it is kept and tried again. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof ChatError)) return false;
  return ["offline", "unavailable", "rate_limited", "internal", "request_timeout"]
    .includes(error.code);
}
