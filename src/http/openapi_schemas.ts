import { z } from "zod";

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/**
 * Collects the schemas that have a name (`.meta({ id })`) under `components/schemas`, and hands out
 * references. A schema that differs between what is written and what is read (it has defaults) gets
 * a second component, named `…Input` or `…Output` after the use that comes second.
 */
export class OpenApiSchemas {
  readonly components: Record<string, JsonSchema> = {};

  /** `io` as zod means it: `input` for requests, before defaults are filled in. */
  convert(schema: z.ZodType, io: "input" | "output"): JsonSchema {
    // Wrapped, so that a named schema at the root comes out as a reference like any other.
    const { properties, $defs = {} } = z.toJSONSchema(z.object({ root: schema }), {
      io,
      target: "draft-2020-12",
      unrepresentable: "any",
    });
    const names = this.#register($defs as Record<string, JsonSchema>, io);
    return tidy(properties!.root as JsonSchema, names);
  }

  /** The object behind a reference, for those who need its fields. */
  resolve(schema: JsonSchema): JsonSchema {
    const name = schema.$ref?.replace(COMPONENTS, "");
    return name === undefined ? schema : this.components[name];
  }

  #register(defs: Record<string, JsonSchema>, io: "input" | "output"): Map<string, string> {
    const names = new Map(Object.keys(defs).map((id) => [id, id]));
    for (const [id, schema] of Object.entries(defs)) {
      const there = this.components[id];
      if (there && !isSame(there, tidy(schema, names))) {
        names.set(id, io === "input" ? `${id}Input` : `${id}Output`);
      }
    }
    for (const [id, schema] of Object.entries(defs)) {
      this.components[names.get(id)!] ??= tidy(schema, names);
    }
    return names;
  }
}

const COMPONENTS = "#/components/schemas/";

/** References into the document, and without the bounds that zod gives to every integer. */
function tidy<T>(value: T, names: Map<string, string>): T {
  if (Array.isArray(value)) return value.map((item) => tidy(item, names)) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    if (key === "$ref" && typeof inner === "string") {
      const id = inner.replace("#/$defs/", "");
      return [[key, COMPONENTS + (names.get(id) ?? id)]];
    }
    if (key === "maximum" && inner === Number.MAX_SAFE_INTEGER) return [];
    if (key === "minimum" && inner === Number.MIN_SAFE_INTEGER) return [];
    if (key === "id" && typeof inner === "string" && names.has(inner)) return [];
    return [[key, tidy(inner, names)]];
  });
  return Object.fromEntries(entries) as T;
}

function isSame(a: JsonSchema, b: JsonSchema): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
