import { z } from "zod";
import { AppError, quote } from "../core/errors.ts";
import { unknownField } from "../operations/json_input.ts";

/** The type that a field expects; the text of a query or a path is converted to it. */
export type FieldKind = "text" | "number" | "boolean" | "list" | "numbers" | "record";

export type FieldKinds = Readonly<Record<string, FieldKind>>;

/**
 * Returns the fields of an input schema that a query may contain. They are read from its JSON
 * Schema, so that the schemas themselves stay strict: over a socket `"5"` is never 5.
 */
export function fieldKinds(schema: z.ZodType): FieldKinds {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const kinds: Record<string, FieldKind> = {};
  const branches = [json, ...json.anyOf ?? [], ...json.oneOf ?? [], ...json.allOf ?? []];
  for (const branch of branches as JsonSchema[]) {
    for (const [name, field] of Object.entries(branch.properties ?? {})) {
      kinds[name] = kindOf(field, json.$defs ?? {});
    }
  }
  return kinds;
}

type JsonSchema = z.core.JSONSchema.JSONSchema;

function kindOf(field: z.core.JSONSchema._JSONSchema, defs: Record<string, JsonSchema>): FieldKind {
  if (typeof field === "boolean") return "text";
  if (field.$ref !== undefined) return kindOf(defs[field.$ref.replace("#/$defs/", "")] ?? {}, defs);
  const { type } = field;
  if (Array.isArray(type)) {
    return kindOf({ anyOf: type.map((each) => ({ ...field, type: each })) }, defs);
  }
  switch (field.type) {
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "array": {
      const items = Array.isArray(field.items) ? field.items[0] : field.items;
      return items && kindOf(items, defs) === "number" ? "numbers" : "list";
    }
    case "object":
      return "record";
  }
  const forms = (field.anyOf ?? field.oneOf ?? []).map((form) => kindOf(form, defs));
  return forms.find((kind) => kind !== "text") ?? "text";
}

/**
 * Parses the fields of a query string. A list is repeated, separated by commas, or both. A value
 * that cannot be converted stays text, so that the schema's error names it.
 */
export function queryInput(url: string, kinds: FieldKinds): Record<string, unknown> {
  const start = url.indexOf("?");
  const end = url.indexOf("#");
  const query = start < 0 ? "" : url.slice(start + 1, end < 0 ? undefined : end);
  const given: Record<string, string[]> = {};
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : decode(pair.slice(equals + 1));
    if (name.split(/[.[\]]/).includes("__proto__")) throw unknownField(name);
    if (Object.hasOwn(given, name)) given[name].push(value);
    else given[name] = [value];
  }
  return withRecords(given, kinds);
}

/**
 * A field of a record: `custom.topic`, or `custom[topic]` as many clients write it. The
 * whole record may be JSON instead: `custom={"topic":"billing"}`.
 */
const IN_RECORD = /^(\w+)(?:\.([^.[\]]+)|\[([^.[\]]+)\])$/;

function withRecords(given: Record<string, string[]>, kinds: FieldKinds): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, values] of Object.entries(given)) {
    const [, record, dotted, bracketed] = IN_RECORD.exec(name) ?? [];
    if (record === undefined || !Object.hasOwn(kinds, record) || kinds[record] !== "record") {
      fields[name] = convert(values, kinds[name]);
    } else {
      const inner = (fields[record] ??= {}) as Record<string, unknown>;
      if (typeof inner === "object") inner[dotted ?? bracketed] = convert(values);
    }
  }
  return fields;
}

/** Converts the parameters of a path like the fields of a query; each occurs once. */
export function convertParams(
  params: Record<string, string>,
  kinds: FieldKinds,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, convert([value], kinds[name])]),
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new AppError("invalid_request", `The query is not valid UTF-8 at ${quote(text)}`);
  }
}

function convert(values: string[], kind: FieldKind = "text"): unknown {
  if (kind === "list" || kind === "numbers") {
    const items = values.flatMap((value) => value.split(",")).filter(Boolean);
    return kind === "list" ? items : items.map(toNumber);
  }
  if (values.length > 1) return values;
  const [value] = values;
  if (kind === "record") return parsedOr(value);
  if (kind === "number") return toNumber(value);
  if (kind === "boolean" && (value === "true" || value === "false")) return value === "true";
  return value;
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * Accepts plain decimals only: no blanks, hexadecimals or exponents, which `Number` would accept.
 */
function toNumber(value: string): number | string {
  return /^-?\d{1,16}(\.\d{1,16})?$/.test(value) ? Number(value) : value;
}
