import { AppError, type ErrorCode, type FieldError } from "./errors.ts";

/** RFC 9457 problem details: the body of a REST error and the `error` of a socket's reply. */
export interface Problem {
  /** A URN a code, stable for ever; it identifies, and is not meant to be fetched. */
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  errors?: FieldError[];
  /** Whole seconds. */
  retryAfter?: number;
}

/** Exhaustive over the union: a new code does not compile until it has its status and title. */
const MEANING: Record<ErrorCode, [status: number, title: string]> = {
  invalid_request: [400, "The request is not valid"],
  unauthenticated: [401, "Authentication is required"],
  token_expired: [401, "The token has expired"],
  two_factor_required: [401, "A second factor is required"],
  reauthentication_required: [403, "A recent proof of identity is required"],
  account_suspended: [403, "The account is suspended"],
  forbidden: [403, "This is not allowed"],
  not_found: [404, "Not found"],
  method_not_allowed: [405, "The method is not allowed"],
  conflict: [409, "The request conflicts with what is there"],
  stale_epoch: [409, "The encryption epoch has moved on"],
  message_refused: [422, "The message was refused"],
  chat_frozen: [403, "The chat is frozen"],
  precondition_failed: [412, "A precondition does not hold"],
  payload_too_large: [413, "The payload is too large"],
  quota_exceeded: [413, "The storage quota is exceeded"],
  unsupported_media_type: [415, "The media type is not supported"],
  range_not_satisfiable: [416, "The range is not satisfiable"],
  checksum_mismatch: [460, "The checksum does not fit the bytes"],
  request_timeout: [408, "The request took too long to arrive"],
  upgrade_required: [426, "An upgrade to WebSocket is required"],
  rate_limited: [429, "Too many requests"],
  unavailable: [503, "The service is unavailable for now"],
  internal: [500, "Internal error"],
};

export function statusOf(code: ErrorCode): number {
  return MEANING[code][0];
}

export function titleOf(code: ErrorCode): string {
  return MEANING[code][1];
}

/** Errors other than AppError become `internal`: its text is for the log, never for a caller. */
export function toProblem(error: unknown): Problem {
  const known = error instanceof AppError
    ? error
    : new AppError("internal", "The server could not complete this request");
  const { code, message, errors, retryAfter } = known;
  const [status, title] = MEANING[code];
  return {
    type: `urn:realtimechat:error:${code}`,
    title,
    status,
    detail: message,
    code,
    ...(errors && { errors }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}
