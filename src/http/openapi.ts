import type { RawRoute } from "../api/raw_route.ts";
import { ERROR_CODES } from "../core/errors.ts";
import type { Operation } from "../api/operation.ts";
import { fieldNames, hasRequired, parametersOf, withoutFields } from "./openapi_input.ts";
import {
  codesOfAnyRoute,
  errorResponses,
  responsesOf,
  SHARED_HEADERS,
} from "./openapi_responses.ts";
import { type JsonSchema, OpenApiSchemas } from "./openapi_schemas.ts";
import { API_PREFIX } from "./rest_transport.ts";

export interface OpenApiOptions {
  version: string;
  publicUrl: string | null;
  rawRoutes?: readonly RawRoute[];
}

export interface OpenApiDocument {
  openapi: "3.1.0";
  info: unknown;
  servers: { url: string }[];
  tags: { name: string }[];
  paths: Record<string, Record<string, unknown>>;
  components: {
    schemas: Record<string, JsonSchema>;
    headers: unknown;
    securitySchemes: unknown;
  };
}

/** The document of the REST door, made from the very schemas that validate. */
export function openApiDocument(
  operations: readonly Operation[],
  { version, publicUrl, rawRoutes = [] }: OpenApiOptions,
): OpenApiDocument {
  const schemas = new OpenApiSchemas();
  schemas.components.Problem = PROBLEM;
  const paths: OpenApiDocument["paths"] = {};
  const add = (path: string, method: string, described: unknown) => {
    (paths[openApiPath(path)] ??= {})[method.toLowerCase()] = described;
  };
  const routed = operations.filter(({ rest }) => rest !== undefined);
  for (const operation of routed) {
    const { path, method } = operation.rest!;
    add(API_PREFIX + path, method, describeOperation(operation, schemas));
  }
  for (const raw of rawRoutes) add(raw.path, raw.method, describeRawRoute(raw));
  const tags = new Set([...routed, ...rawRoutes].map(({ tag }) => tag));
  return {
    openapi: "3.1.0",
    info: {
      title: "RealTimeChat",
      version,
      description: "A chat backend: accounts, chats, messages, media, notifications, encryption. " +
        "Every error is a problem (RFC 9457) with a stable `code`; unknown fields are refused.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: publicUrl ?? "/" }],
    tags: [...tags].map((name) => ({ name })),
    paths,
    components: { schemas: schemas.components, headers: SHARED_HEADERS, securitySchemes: SECURITY },
  };
}

function describeOperation(operation: Operation, schemas: OpenApiSchemas): unknown {
  const { method, path } = operation.rest!;
  const input = schemas.convert(operation.input, "input");
  const inPath = parameterNames(path);
  const others = fieldNames(input, schemas).filter((name) => !inPath.includes(name));
  const inQuery = method === "GET" ? others : [];
  const body = method === "GET" || others.length === 0
    ? undefined
    : withoutFields(input, inPath, schemas);
  const parameters = [
    ...parametersOf(inPath, "path", input, schemas),
    ...parametersOf(inQuery, "query", input, schemas),
  ];
  return {
    operationId: operation.name,
    summary: operation.summary,
    tags: [operation.tag],
    security: operation.access === "public" ? [] : [{ bearer: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: hasRequired(body, schemas),
        content: { "application/json": { schema: body } },
      },
    }),
    responses: responsesOf(operation, body !== undefined, schemas),
  };
}

function describeRawRoute(raw: RawRoute): unknown {
  return {
    operationId: raw.name,
    summary: raw.summary,
    ...(raw.description && { description: raw.description }),
    tags: [raw.tag],
    security: raw.access === "public" ? [] : [{ bearer: [] }],
    ...(raw.parameters && { parameters: raw.parameters }),
    ...(raw.requestBody !== undefined && { requestBody: raw.requestBody }),
    responses: {
      ...raw.responses,
      ...errorResponses([...codesOfAnyRoute(raw.access), ...raw.errors ?? []]),
    },
  };
}

const PARAMETER = /:(\w+)(?:\{[^/]*\})?/g;

const parameterNames = (path: string) => [...path.matchAll(PARAMETER)].map((match) => match[1]);

const openApiPath = (path: string) => path.replaceAll(PARAMETER, "{$1}");

const SECURITY = {
  bearer: {
    type: "http",
    scheme: "bearer",
    description: "The `accessToken` that registering, logging in or refreshing answers",
  },
};

export const PROBLEM: JsonSchema = {
  type: "object",
  description: "What went wrong: problem details of RFC 9457",
  properties: {
    type: {
      type: "string",
      description: "A URN for the code",
      examples: [
        "urn:realtimechat:error:not_found",
      ],
    },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    code: { type: "string", enum: [...ERROR_CODES] },
    errors: {
      type: "array",
      items: {
        type: "object",
        properties: {
          path: { type: "string", description: "Dotted from the root; empty for the whole" },
          message: { type: "string" },
        },
        required: ["path", "message"],
      },
    },
    retryAfter: { type: "integer", description: "Whole seconds" },
  },
  required: ["type", "title", "status", "detail", "code"],
};
