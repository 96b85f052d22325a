import type { RawRoute } from "../api/raw_route.ts";
import type { Operation } from "../api/operation.ts";
import { SHARED_HEADERS } from "../api/headers.ts";
import { ACT_AS_HEADER } from "../operations/key_access.ts";
import { openApiName, openApiPaths } from "./openapi_names.ts";
import { describeOperation, describeRawRoute } from "./openapi_operations.ts";
import { type JsonSchema, OpenApiSchemas } from "./openapi_schemas.ts";
import { describeTag } from "../api/tags.ts";
import { PROBLEM } from "./problem_schema.ts";
import { describeWebhooks } from "./openapi_webhooks.ts";
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
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, unknown>>;
  /**
   * Requests that the server makes, as `webhooks` of OpenAPI 3.1 describes them. The name is that
   * of Redoc's extension, since openapi-generator makes clients that do not compile of `webhooks`.
   */
  "x-webhooks": Record<string, unknown>;
  components: {
    schemas: Record<string, JsonSchema>;
    headers: unknown;
    securitySchemes: unknown;
  };
}

/**
 * Returns the OpenAPI document of the REST API, generated from the schemas that validate requests.
 */
export function openApiDocument(
  operations: readonly Operation[],
  { version, publicUrl, rawRoutes = [] }: OpenApiOptions,
): OpenApiDocument {
  const schemas = new OpenApiSchemas();
  schemas.components.Problem = PROBLEM;
  const routed = operations.filter(({ rest }) => rest !== undefined);
  const documented = openApiPaths([
    ...routed.map(({ rest }) => API_PREFIX + rest!.path),
    ...rawRoutes.map(({ path }) => path),
  ]);
  const paths: OpenApiDocument["paths"] = {};
  const add = (path: string, method: string, described: unknown) => {
    (paths[documented.get(path)!.path] ??= {})[method.toLowerCase()] = described;
  };
  for (const operation of routed) {
    const path = API_PREFIX + operation.rest!.path;
    const { parameters } = documented.get(path)!;
    add(path, operation.rest!.method, describeOperation(operation, parameters, schemas));
  }
  for (const raw of rawRoutes) add(raw.path, raw.method, describeRawRoute(raw));
  const webhooks = describeWebhooks(schemas);
  const tags = new Set([...routed, ...rawRoutes].map(({ tag }) => tag));
  return {
    openapi: "3.1.0",
    info: infoOf(version),
    servers: [{ url: publicUrl ?? "/" }],
    tags: [...tags].map((name) => ({ name, description: describeTag(name) })),
    paths,
    "x-webhooks": webhooks,
    components: { schemas: schemas.components, headers: SHARED_HEADERS, securitySchemes: SECURITY },
  };
}

function infoOf(version: string) {
  return {
    title: "RealTimeChat",
    version,
    description: "A chat backend: accounts, chats, messages, media, notifications, encryption. " +
      "Every error is a problem (RFC 9457) with a stable `code`; unknown fields of a request are " +
      "refused, and a response may gain fields in a later release.",
    license: { name: "MIT", identifier: "MIT" },
  };
}

const SECURITY = {
  bearer: {
    type: "http",
    scheme: "bearer",
    description: `The \`accessToken\` that \`${openApiName("auth.register")}\`, ` +
      `\`${openApiName("auth.login")}\` and \`${openApiName("auth.refresh")}\` return`,
  },
  apiKey: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "rtc_<id>_<secret>",
    description: `The \`token\` that \`${openApiName("apiKey.create")}\` or \`deno task apikey\` ` +
      `gives a server. \`${ACT_AS_HEADER}: <user id>\` names the person in whose name it calls`,
  },
};
