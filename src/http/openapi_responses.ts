import type { ErrorCode } from "../core/errors.ts";
import { statusOf, titleOf } from "../core/problem.ts";
import { errorCodesOf } from "../api/error_codes.ts";
import type { Operation } from "../api/operation.ts";
import { sharedHeaders } from "../api/headers.ts";
import { openApiTypeName } from "./openapi_names.ts";
import type { OpenApiSchemas } from "./openapi_schemas.ts";

export type Responses = Record<string, unknown>;

/** Returns every response of an operation: its successes, and its errors grouped by status. */
export function responsesOf(operation: Operation, schemas: OpenApiSchemas): Responses {
  const { name, output, rest } = operation;
  const usual = rest?.status ?? (output === null ? 204 : 200);
  const schema = output &&
    schemas.named(schemas.convert(output, "output"), `${openApiTypeName(name)}Response`);
  const content = schema && { content: { "application/json": { schema } } };
  const success = (status: number, description: string) => [
    String(status),
    { description, headers: RATE_HEADERS, ...(status !== 204 && content) },
  ];
  const also = Object.entries(rest?.also ?? {}).map(([status, meaning]) =>
    success(Number(status), meaning)
  );
  return {
    ...Object.fromEntries([success(usual, SUCCESS[usual] ?? "Done"), ...also]),
    ...errorResponses(errorCodesOf(operation)),
  };
}

const SUCCESS: Record<number, string> = { 201: "Created", 202: "Accepted", 204: "Done" };

/**
 * Returns error responses grouped by status; also used for the raw routes, which list their codes
 * themselves.
 */
export function errorResponses(codes: Iterable<ErrorCode>): Responses {
  const byStatus = Map.groupBy(new Set(codes), statusOf);
  return Object.fromEntries(
    [...byStatus].sort(([a], [b]) => a - b).map(([status, grouped]) => [
      String(status),
      {
        description: grouped.map((code) => `\`${code}\`: ${titleOf(code)}`).join("; "),
        ...(ERROR_HEADERS[status] && { headers: ERROR_HEADERS[status] }),
        content: {
          "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
        },
      },
    ]),
  );
}

const RATE_HEADERS = sharedHeaders("RateLimit", "RateLimit-Policy");

const ERROR_HEADERS: Record<number, object | undefined> = {
  401: sharedHeaders("WWW-Authenticate"),
  429: { ...RATE_HEADERS, ...sharedHeaders("Retry-After") },
  503: sharedHeaders("Retry-After"),
};
