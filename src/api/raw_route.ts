import type { z } from "zod";
import type { ErrorCode } from "../core/errors.ts";
import type { Operation, RestRoute } from "./operation.ts";

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** A parameter in OpenAPI's form. */
export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required: boolean;
  description?: string;
  schema: JsonSchema;
  style?: "form" | "deepObject";
  explode?: boolean;
}

/** A route that is not an operation (an upload, a stream of bytes), described by hand. */
export interface RawRoute {
  method: RestRoute["method"] | "HEAD" | "OPTIONS";
  /** From the root of the server, in Hono's form. */
  path: string;
  name: string;
  summary: string;
  description: string;
  tag: string;
  access: Operation["access"];
  /** The scope with which an API key may call it in a person's name. */
  scope?: Operation["scope"];
  /** True if it also works without an access token, by other means. */
  optionalSession?: boolean;
  parameters?: Parameter[];
  requestBody?: unknown;
  /** The successes; errors come from `errors`. */
  responses: Record<string, unknown>;
  /** Errors beyond the codes that every route shares. */
  errors?: ErrorCode[];
}
