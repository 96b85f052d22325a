import type { ErrorCode } from "../core/errors.ts";
import type { Access, Operation } from "./operation.ts";

/** What reading a request's body can fail with; every method but GET reads one. */
const BODY_CODES: readonly ErrorCode[] = [
  "payload_too_large",
  "unsupported_media_type",
  "request_timeout",
];

/** What every route can fail with, whether an operation's or a raw one. */
export function codesOfAnyRoute(access: Access): ErrorCode[] {
  const ofSessions: ErrorCode[] = access === "public" ? [] : ["unauthenticated", "token_expired"];
  return ["invalid_request", "rate_limited", "unavailable", "internal", ...ofSessions];
}

/** What an operation can fail with: its own errors, and those that come with its access and method. */
export function errorCodesOf(operation: Operation): Set<ErrorCode> {
  const codes = codesOfAnyRoute(operation.access);
  if (operation.access === "admin") codes.push("forbidden");
  if (operation.rest && operation.rest.method !== "GET") codes.push(...BODY_CODES);
  return new Set([...codes, ...operation.errors ?? []]);
}
