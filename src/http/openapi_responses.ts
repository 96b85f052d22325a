import { type ErrorCode } from "../core/errors.ts";
import { statusOf, titleOf } from "../core/problem.ts";
import type { Operation } from "../api/operation.ts";
import type { OpenApiSchemas } from "./openapi_schemas.ts";

export type Responses = Record<string, unknown>;

/** Every answer of an operation: its successes, and its errors grouped by status. */
export function responsesOf(
  operation: Operation,
  hasBody: boolean,
  schemas: OpenApiSchemas,
): Responses {
  const { output, rest } = operation;
  const usual = rest?.status ?? (output === null ? 204 : 200);
  const content = output &&
    { content: { "application/json": { schema: schemas.convert(output, "output") } } };
  const success = (status: number, description: string) => [
    String(status),
    { description, headers: RATE_HEADERS, ...(status !== 204 && content) },
  ];
  const also = Object.entries(rest?.also ?? {}).map(([status, meaning]) =>
    success(Number(status), meaning)
  );
  return {
    ...Object.fromEntries([success(usual, SUCCESS[usual] ?? "Done"), ...also]),
    ...errorResponses(errorCodesOf(operation, hasBody)),
  };
}

const SUCCESS: Record<number, string> = { 201: "Made", 202: "Taken on", 204: "Done" };

/** For the raw routes too, which list their codes themselves. */
export function errorResponses(codes: Iterable<ErrorCode>): Responses {
  const byStatus = Map.groupBy(new Set(codes), statusOf);
  return Object.fromEntries(
    [...byStatus].sort(([a], [b]) => a - b).map(([status, grouped]) => [
      String(status),
      {
        description: grouped.map((code) => `\`${code}\`: ${titleOf(code)}`).join("; "),
        ...(status === 429 &&
          { headers: { ...RATE_HEADERS, "Retry-After": reference("Retry-After") } }),
        content: {
          "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
        },
      },
    ]),
  );
}

/** What every route can answer, be it an operation's or a raw one. */
export function codesOfAnyRoute(access: Operation["access"]): ErrorCode[] {
  const ofSessions: ErrorCode[] = access === "public" ? [] : ["unauthenticated", "token_expired"];
  return ["rate_limited", "unavailable", "internal", ...ofSessions];
}

/** What every operation can answer beside its own errors. */
function errorCodesOf(operation: Operation, hasBody: boolean): ErrorCode[] {
  const codes: ErrorCode[] = ["invalid_request", ...codesOfAnyRoute(operation.access)];
  if (operation.access === "admin") codes.push("forbidden");
  if (hasBody) codes.push("payload_too_large", "unsupported_media_type", "request_timeout");
  return [...codes, ...operation.errors ?? []];
}

const reference = (name: string) => ({ $ref: `#/components/headers/${name}` });

const RATE_HEADERS = {
  "RateLimit": reference("RateLimit"),
  "RateLimit-Policy": reference("RateLimit-Policy"),
};

/** For `components/headers`. */
export const SHARED_HEADERS = {
  "RateLimit": {
    description: "What is left of the limit: draft-ietf-httpapi-ratelimit-headers",
    schema: { type: "string" },
  },
  "RateLimit-Policy": { description: "The limit and its window", schema: { type: "string" } },
  "Retry-After": {
    description: "Whole seconds after which a retry may succeed",
    schema: { type: "integer", minimum: 1 },
  },
};
