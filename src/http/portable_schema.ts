import type { z } from "zod";

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** Use of a schema: `input` for requests, before defaults are filled in; `output` for responses. */
export type Direction = "input" | "output";

const INT32_MAX = 2 ** 31 - 1;

/**
 * Rewrites one schema into the subset of JSON Schema that client generators agree on. Zod still
 * validates requests: a pattern that is dropped here is still enforced.
 */
export function portable(schema: JsonSchema, direction: Direction): JsonSchema {
  const { propertyNames: _, default: given, ...rest } = schema;
  // Some generators copy a default that is an object into their code unchanged.
  const isPlain = given !== undefined && (typeof given !== "object" || Array.isArray(given));
  const plain = isPlain ? { ...rest, default: given } : rest;
  return withPortablePattern(withIntegerFormat(withNullAsType(opened(plain, direction))));
}

/**
 * Allows unknown fields in responses: a later release may add fields, and clients must accept them.
 */
function opened(schema: JsonSchema, direction: Direction): JsonSchema {
  if (direction === "input" || schema.additionalProperties !== false) return schema;
  const { additionalProperties: _, ...rest } = schema;
  return rest;
}

/**
 * Converts an inline schema or null to one schema with two types. A reference or null stays an
 * `anyOf`, which generators read as nullable; every other union becomes a `oneOf`, because its
 * forms exclude each other.
 */
function withNullAsType(schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema;
  if (anyOf === undefined) return schema;
  const forms = anyOf as JsonSchema[];
  const others = forms.filter(({ type }) => type !== "null");
  if (others.length === forms.length) return { ...rest, oneOf: forms };
  const [form] = others;
  if (others.length > 1 || typeof form.type !== "string") return schema;
  const values = form.enum && { enum: [...form.enum, null] };
  return { ...form, ...rest, type: [form.type, "null"], ...values } as unknown as JsonSchema;
}

/** Adds a format to integers: without one, generators assume 32 bits. */
function withIntegerFormat(schema: JsonSchema): JsonSchema {
  const { maximum, minimum, ...rest } = schema;
  if (![schema.type].flat().includes("integer")) return schema;
  const bounds = {
    ...(minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER && { minimum }),
    ...(maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && { maximum }),
  };
  const isSmall = bounds.maximum !== undefined && bounds.maximum <= INT32_MAX;
  return { ...rest, ...bounds, format: isSmall ? "int32" : "int64" };
}

/**
 * Drops patterns next to a format, which says more than the long pattern that zod derives from it.
 * Also drops patterns with Unicode property classes or lookaround, which some languages' regular
 * expressions lack.
 */
function withPortablePattern(schema: JsonSchema): JsonSchema {
  const { pattern, ...rest } = schema;
  if (pattern === undefined) return schema;
  return schema.format !== undefined || /\\p\{|\(\?[=!<]/.test(pattern) ? rest : schema;
}
