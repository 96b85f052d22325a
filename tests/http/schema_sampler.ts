import { newId } from "../../src/core/ids.ts";
import type { JsonSchema } from "../../src/http/openapi_schemas.ts";

/** Random numbers that a seed reproduces (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Values that have broken servers before, for any place of a request. */
export const NASTY: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  "",
  " ",
  "0",
  "null",
  "x".repeat(20_000),
  "\u0000",
  "\ud800",
  "\u202e\ufeff",
  "😀".repeat(60),
  "' OR 1=1 --",
  "../../etc/passwd",
  "__proto__",
  {},
  [],
  [[]],
  { $gt: "" },
  { $where: "sleep(1000)" },
  { toString: 1, constructor: { prototype: 1 }, length: -1 },
  JSON.parse('{"__proto__":{"isAdmin":true}}'),
  JSON.parse("[".repeat(50) + "]".repeat(50)),
];

/** Creates values that match a JSON Schema, as far as the demo's schemas need. */
export class SchemaSampler {
  constructor(
    readonly random: () => number,
    readonly components: Record<string, JsonSchema>,
  ) {}

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)];
  }

  integer(min: number, max: number): number {
    return min + Math.floor(this.random() * (max - min + 1));
  }

  sample(schema: JsonSchema): unknown {
    if (schema.$ref) {
      return this.sample(this.components[schema.$ref.split("/").at(-1)!]);
    }
    const forms = (schema.anyOf ?? schema.oneOf) as JsonSchema[] | undefined;
    if (forms) return this.sample(this.pick(forms));
    if (schema.enum) return this.pick(schema.enum);
    switch (schema.type) {
      case "string":
        return this.#string(schema);
      case "integer":
        return this.integer(schema.minimum ?? 0, Math.min(schema.maximum ?? 100, 1e6));
      case "boolean":
        return this.random() < 0.5;
      case "array":
        return this.#array(schema);
      case "object":
        return this.#object(schema);
      default:
        return this.pick([1, "any", true, null]);
    }
  }

  #string({ format, minLength = 0, maxLength = 20 }: JsonSchema): string {
    if (format === "uuid") return newId();
    if (format === "email") return `person${this.integer(1, 99)}@example.com`;
    const length = this.integer(minLength, Math.min(maxLength, minLength + 20));
    // Not blank, which JSON Schema cannot express.
    return Array.from({ length }, () => this.pick([..."aé漢😀Z9-"])).join("");
  }

  #array({ items, minItems = 0, maxItems = 5 }: JsonSchema): unknown[] {
    const length = this.integer(minItems, maxItems);
    return Array.from({ length }, () => this.sample(items as JsonSchema));
  }

  #object({ properties = {}, required = [] }: JsonSchema): Record<string, unknown> {
    const chosen = Object.entries(properties)
      .filter(([name]) => required.includes(name) || this.random() < 0.6);
    return Object.fromEntries(
      chosen.map(([name, schema]) => [name, this.sample(schema as JsonSchema)]),
    );
  }
}
