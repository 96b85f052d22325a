import type { ErrorCode } from "../core/errors.ts";
import type { Access, Operation } from "./operation.ts";

/** Errors of reading a request's body; every method except GET reads one. */
const BODY_CODES: readonly ErrorCode[] = [
  "payload_too_large",
  "unsupported_media_type",
  "request_timeout",
];

/** Returns the errors of every route, whether of an operation or raw. */
export function codesOfAnyRoute(access: Access): ErrorCode[] {
  const ofSessions: ErrorCode[] = access === "public" ? [] : ["unauthenticated", "token_expired"];
  return ["invalid_request", "rate_limited", "unavailable", "internal", ...ofSessions];
}

/** Returns the errors of an operation: its own, and those that come with its access and method. */
export function errorCodesOf(operation: Operation): Set<ErrorCode> {
  const codes = codesOfAnyRoute(operation.access);
  if (mayBeForbidden(operation)) codes.push("forbidden");
  if (operation.rest && operation.rest.method !== "GET") codes.push(...BODY_CODES);
  return new Set([...codes, ...operation.errors ?? []]);
}

/** True for operations that need a role or, for a caller with an API key, a scope. */
function mayBeForbidden({ access, scope }: Operation): boolean {
  return access === "admin" || access === "server" || scope !== undefined;
}
