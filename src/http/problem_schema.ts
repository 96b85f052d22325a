import { ERROR_CODES } from "../core/errors.ts";
import type { JsonSchema } from "./openapi_schemas.ts";

/** Schema of `Problem` for the API documents. */
export const PROBLEM: JsonSchema = {
  type: "object",
  description: "What went wrong: problem details of RFC 9457",
  properties: {
    type: {
      type: "string",
      description: "A URN for the code",
      examples: ["urn:realtimechat:error:not_found"],
    },
    title: { type: "string" },
    status: { type: "integer", format: "int32" },
    detail: { type: "string", description: "What went wrong in this case, for people to read" },
    code: { type: "string", enum: [...ERROR_CODES] },
    errors: {
      type: "array",
      items: {
        type: "object",
        title: "FieldError",
        properties: {
          path: { type: "string", description: "Dotted from the root; empty for the whole" },
          message: { type: "string" },
        },
        required: ["path", "message"],
      },
    },
    retryAfter: { type: "integer", format: "int32", description: "Whole seconds" },
  },
  required: ["type", "title", "status", "detail", "code"],
};
