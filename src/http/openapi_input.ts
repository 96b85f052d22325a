import type { Parameter } from "../api/raw_route.ts";
import type { JsonSchema, OpenApiSchemas } from "./openapi_schemas.ts";

/** Returns the parameter for a field of the input, in whichever form of the schema the field is. */
export function parametersOf(
  names: string[],
  place: Parameter["in"],
  input: JsonSchema,
  schemas: OpenApiSchemas,
): Parameter[] {
  return names.map((name) => {
    const branches = branchesOf(input, schemas);
    const holders = branches.filter(({ properties }) => properties?.[name] !== undefined);
    if (holders.length === 0) throw new Error(`The input has no field for the parameter ${name}`);
    const schema = holders[0].properties![name] as JsonSchema;
    const required = place === "path" || branches.every((one) => one.required?.includes(name));
    const { description } = schema;
    const list = schema.type === "array" && { style: "form" as const, explode: false };
    const facts = { name, in: place, required, ...(description && { description }), schema };
    // JSON as text: clients made by openapi-generator for Java do not compile with deepObject.
    return schema.type === "object"
      ? { ...facts, schema: { type: "string" as const, examples: ['{"topic":"billing"}'] } }
      : { ...facts, ...list };
  });
}

/** Returns the names of all fields that an input may have. */
export function fieldNames(input: JsonSchema, schemas: OpenApiSchemas): string[] {
  const branches = branchesOf(input, schemas);
  return [...new Set(branches.flatMap((one) => Object.keys(one.properties ?? {})))];
}

/** Returns the input without the fields that come from the path. */
export function withoutFields(
  input: JsonSchema,
  names: string[],
  schemas: OpenApiSchemas,
): JsonSchema {
  if (names.length === 0) return input;
  const { properties, required, ...rest } = schemas.resolve(input);
  const bare: JsonSchema = { ...rest };
  for (const form of ["anyOf", "oneOf", "allOf"] as const) {
    const forms = bare[form] as JsonSchema[] | undefined;
    if (forms) bare[form] = forms.map((one) => withoutFields(one, names, schemas));
  }
  if (properties === undefined) return bare;
  const kept = Object.entries(properties).filter(([name]) => !names.includes(name));
  const needed = required?.filter((name) => !names.includes(name)) ?? [];
  return {
    ...bare,
    properties: Object.fromEntries(kept),
    ...(needed.length > 0 && { required: needed }),
  };
}

/**
 * True if every form of the input has a required field; otherwise the body may be left out as a
 * whole.
 */
export function hasRequired(body: JsonSchema, schemas: OpenApiSchemas): boolean {
  return branchesOf(body, schemas).every(({ required }) => (required?.length ?? 0) > 0);
}

function branchesOf(input: JsonSchema, schemas: OpenApiSchemas): JsonSchema[] {
  const resolved = schemas.resolve(input);
  const forms = (resolved.anyOf ?? resolved.oneOf ?? resolved.allOf ?? []) as JsonSchema[];
  if (forms.length === 0) return [resolved];
  return forms.flatMap((form) => branchesOf(form, schemas));
}
