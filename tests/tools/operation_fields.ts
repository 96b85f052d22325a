import { z } from "zod";
import type { Operation } from "../../src/api/operation.ts";

// deno-lint-ignore no-explicit-any -- a JSON Schema, read as deeply as a test likes
export type AnySchema = any;

/** Returns the JSON Schema of an operation's input. */
export function inputSchema(operation: Operation): AnySchema {
  return z.toJSONSchema(operation.input, { io: "input", unrepresentable: "any" });
}

/** Returns the names of its fields, over all of its forms. */
export function inputFields(operation: Operation): string[] {
  const schema = inputSchema(operation);
  const forms = [schema, ...schema.anyOf ?? [], ...schema.oneOf ?? []];
  return [...new Set(forms.flatMap((form) => Object.keys(form.properties ?? {})))];
}
