import { quote } from "../../../core/errors.ts";
import type { HttpAnswer } from "../../../core/http_post.ts";
import { retryAfterMs } from "../../../core/retry_after.ts";
import { retry } from "../http.ts";
import type { PushResult } from "../sender.ts";

/** FCM requires a wait of at least a minute before a message over quota is sent again. */
const QUOTA_WAIT_MS = 60_000;

interface FcmError {
  message: string;
  /** Canonical name, for example `NOT_FOUND`. */
  status: string;
  /** FCM's name, for example `UNREGISTERED`; empty if the error is not FCM's. */
  errorCode: string;
  /** Rejected fields of the request. */
  fields: string[];
}

/** Maps a response of FCM other than 200 to a result (see FCM's reference, `ErrorCode`). */
export function fcmErrorResult(answer: HttpAnswer, now: number): PushResult {
  const error = parseFcmError(answer.body);
  const { status } = answer;
  const reason = `FCM answered ${status} ${error.errorCode || error.status} ${
    quote(error.message)
  }`;
  if (isDeadToken(error)) return { outcome: "gone", reason };
  const afterMs = retryAfterMs(answer.headers, now);
  if (status === 429) return retry(reason, afterMs ?? QUOTA_WAIT_MS);
  if (status >= 500 || status === 408) return retry(reason, afterMs);
  // The others are faults of this server or of the project's setup (SENDER_ID_MISMATCH, a missing
  // APNs key): treating them as a dead token would let one wrong setting delete every registration.
  return { outcome: "rejected", reason };
}

/**
 * True if FCM rejected the server's access token, as opposed to FCM's own credentials with Apple or
 * a browser vendor.
 */
export function refusesAccessToken(answer: HttpAnswer): boolean {
  return answer.status === 401 && parseFcmError(answer.body).errorCode !== "THIRD_PARTY_AUTH_ERROR";
}

/** A bare 404 is not enough: a wrong project or endpoint returns one too. */
function isDeadToken({ errorCode, fields, message }: FcmError): boolean {
  if (errorCode === "UNREGISTERED") return true;
  if (errorCode !== "INVALID_ARGUMENT") return false;
  return fields.includes("message.token") ||
    (fields.length === 0 && /registration token/i.test(message));
}

function parseFcmError(body: string): FcmError {
  const error = Object(Object(parseJson(body)).error);
  const details: unknown[] = Array.isArray(error.details) ? error.details : [];
  const errorCode = detail(details, "google.firebase.fcm.v1.FcmError").errorCode;
  const violations = detail(details, "google.rpc.BadRequest").fieldViolations;
  return {
    message: String(error.message ?? ""),
    status: String(error.status ?? ""),
    errorCode: typeof errorCode === "string" ? errorCode : "",
    fields: Array.isArray(violations) ? violations.map((one) => String(Object(one).field)) : [],
  };
}

function detail(details: unknown[], type: string): Record<string, unknown> {
  return Object(details.find((one) => Object(one)["@type"] === `type.googleapis.com/${type}`));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
