import { z } from "zod";
import type { Operation } from "../api/operation.ts";
import { type Direction, type JsonSchema, portable } from "./portable_schema.ts";

export type { JsonSchema } from "./portable_schema.ts";

/**
 * Collects the named schemas (`.meta({ id })`) under `components/schemas` and returns references to
 * them. A schema that differs between requests and responses (it has defaults) gets a second
 * component with the suffix `Input` or `Output`, depending on which use comes second.
 */
export class OpenApiSchemas {
  readonly components: Record<string, JsonSchema> = {};

  convert(schema: z.ZodType, direction: Direction): JsonSchema {
    // Wrapped in an object, so that a named schema at the root becomes a reference like any other.
    const { properties, $defs = {} } = z.toJSONSchema(z.object({ root: schema }), {
      io: direction,
      target: "draft-2020-12",
      unrepresentable: "any",
    });
    const names = this.#register($defs as Record<string, JsonSchema>, direction);
    return tidy(properties!.root as JsonSchema, names, direction);
  }

  /** Returns the schema of an operation's input: a union of its forms if it has several. */
  input({ input, forms }: Pick<Operation, "input" | "forms">): JsonSchema {
    const whole = this.convert(input, "input");
    if (forms === undefined) return whole;
    const { properties = {}, required = [], ...rest } = this.resolve(whole);
    const oneOf = Object.entries(forms).map(([title, { requires, excludes }]) => ({
      ...rest,
      title,
      properties: Object.fromEntries(
        Object.entries(properties).filter(([name]) => !excludes.includes(name)),
      ),
      required: [...new Set([...required, ...requires])],
    }));
    return { oneOf } as JsonSchema;
  }

  /**
   * Gives an inline object or union a name, because generators invent worse ones. A page of a named
   * item is named after the item, so that all lists of that item share one type; every other schema
   * is named `name`.
   */
  named(schema: JsonSchema, name: string): JsonSchema {
    const { $ref, properties, oneOf } = schema;
    if ($ref !== undefined || !(properties || oneOf)) return schema;
    const item = itemOfPage(schema);
    const candidates = item === null ? [name] : [`${item}Page`, name];
    const whole = oneOf ? { ...schema, oneOf: this.#namedForms(oneOf as JsonSchema[]) } : schema;
    const free = candidates.find((one) => {
      const there = this.components[one];
      return there === undefined || isSame(there, whole);
    });
    if (free === undefined) throw new Error(`Two different schemas are named ${name}`);
    this.components[free] = whole;
    return { $ref: COMPONENTS + free };
  }

  #namedForms(forms: JsonSchema[]): JsonSchema[] {
    return forms.map((form) => form.title === undefined ? form : this.named(form, form.title));
  }

  /** Returns the object behind a reference, for callers that need its fields. */
  resolve(schema: JsonSchema): JsonSchema {
    const name = schema.$ref?.replace(COMPONENTS, "");
    return name === undefined ? schema : this.components[name];
  }

  #register(defs: Record<string, JsonSchema>, direction: Direction): Map<string, string> {
    const names = new Map(Object.keys(defs).map((id) => [id, id]));
    for (const [id, schema] of Object.entries(defs)) {
      const there = this.components[id];
      if (there && !isSame(there, tidy(schema, names, direction))) {
        names.set(id, direction === "input" ? `${id}Input` : `${id}Output`);
      }
    }
    for (const [id, schema] of Object.entries(defs)) {
      this.components[names.get(id)!] ??= tidy(schema, names, direction);
    }
    return names;
  }
}

const COMPONENTS = "#/components/schemas/";

/**
 * Returns the name of the items of `{ items, next }`; null if the schema is not a page or its items
 * have no name.
 */
function itemOfPage({ properties = {} }: JsonSchema): string | null {
  const { items, next } = properties as Record<string, JsonSchema | undefined>;
  const reference = (items?.items as JsonSchema | undefined)?.$ref;
  const isPage = next !== undefined && Object.keys(properties).length === 2;
  return isPage && reference !== undefined ? reference.replace(COMPONENTS, "") : null;
}

/** Rewrites references to point into the document, and every schema to its portable form. */
function tidy(schema: JsonSchema, names: Map<string, string>, direction: Direction): JsonSchema {
  const inner = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inner);
    if (typeof value !== "object" || value === null) return value;
    return tidy(value as JsonSchema, names, direction);
  };
  const entries = Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
    if (key === "$ref" && typeof value === "string") {
      const id = value.replace("#/$defs/", "");
      return [[key, COMPONENTS + (names.get(id) ?? id)]];
    }
    if (key === "id" && typeof value === "string" && names.has(value)) return [];
    // These keywords hold values of the API and not schemas.
    if (key === "default" || key === "examples" || key === "enum") return [[key, value]];
    if (key === "properties") return [[key, mapped(value as Record<string, unknown>, inner)]];
    return [[key, inner(value)]];
  });
  return portable(Object.fromEntries(entries), direction);
}

function mapped(record: Record<string, unknown>, map: (value: unknown) => unknown) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

function isSame(a: JsonSchema, b: JsonSchema): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
