import { z } from "zod";
import { lazy } from "../core/lazy.ts";
import type { CustomData } from "../model/custom_data.ts";

/** Bytes of custom data as JSON. */
const MAX_CUSTOM_BYTES = 4096;
/** Levels of objects and lists; the data itself is the first. */
const MAX_DEPTH = 5;
/** Keys of all levels together. */
const MAX_KEYS = 50;

/** Letters, digits, `_` and `-`: no operator, path or prototype of any language or database. */
const KEY = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/**
 * Keys that every object has already (`constructor`, `toString`) would shadow what code relies on.
 */
function isKey(key: string): boolean {
  return KEY.test(key) && !(key in Object.prototype) && key !== "prototype";
}

const encoder = new TextEncoder();

type Fault = { path: (string | number)[]; message: string };

/** Returns the first fault of a value that came from JSON, or null. */
function faultOf(custom: unknown): Fault | null {
  let keys = 0;
  const visit = (value: unknown, path: Fault["path"], depth: number): Fault | null => {
    if (typeof value === "number") return numberFault(value, path);
    if (typeof value !== "object" || value === null) return null;
    if (depth > MAX_DEPTH) return { path, message: `must have at most ${MAX_DEPTH} levels` };
    for (const [key, inner] of Object.entries(value)) {
      const at = [...path, Array.isArray(value) ? Number(key) : key];
      if (!Array.isArray(value)) {
        if (!isKey(key)) return { path: at, message: KEY_MESSAGE };
        if (++keys > MAX_KEYS) return { path: [], message: `must have at most ${MAX_KEYS} keys` };
      }
      const fault = visit(inner, at, depth + 1);
      if (fault) return fault;
    }
    return null;
  };
  return visit(custom, [], 1) ?? sizeFault(custom);
}

const KEY_MESSAGE =
  "must have a key of 1 to 64 letters, digits, _ or -, beginning with a letter, and no name that " +
  "every object has";

/** Larger integers lose digits in JavaScript; what is not finite has no JSON. */
function numberFault(value: number, path: Fault["path"]): Fault | null {
  if (Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return null;
  return { path, message: "must be within ±9007199254740991; send a larger number as text" };
}

function sizeFault(custom: unknown): Fault | null {
  if (encoder.encode(JSON.stringify(custom)).length <= MAX_CUSTOM_BYTES) return null;
  return { path: [], message: `must have at most ${MAX_CUSTOM_BYTES} bytes as JSON` };
}

const description = "Data of your application, at most " +
  `${MAX_CUSTOM_BYTES} bytes of JSON, ${MAX_DEPTH} levels and ${MAX_KEYS} keys; each key has 1 to ` +
  "64 letters, digits, _ or -";

/** Custom data in a request: null and `{}` both mean none. */
export const customInput = lazy(() =>
  z.record(z.string(), z.unknown())
    .superRefine((custom, context) => {
      const fault = faultOf(custom);
      if (fault) context.addIssue({ code: "custom", ...fault });
    })
    .nullable()
    .transform((custom) => custom && Object.keys(custom).length > 0 ? custom : null)
    .meta({ description }) as unknown as z.ZodType<CustomData | null, CustomData | null>
);

/** Custom data in a response or an event; the field is left out of a row without any. */
export const customView = lazy(() =>
  z.record(z.string(), z.unknown()).meta({
    description: "Data of your application; left out if there is none",
  }) as unknown as z.ZodType<CustomData, CustomData>
);

/** Conditions on a list's `custom`: all must hold. In a query string: `custom.topic=billing`. */
export const customFilter = lazy(() =>
  z.record(
    z.string().regex(KEY),
    z.string().max(200),
  ).refine((filter) => Object.keys(filter).length <= 5, "must have at most 5 keys")
    .meta({
      description: "Only rows whose custom data has these values at its first level, compared as " +
        "text: `custom.topic=billing`, or a JSON object as `custom`. The keys must be declared in " +
        "CUSTOM_FILTERS",
    }) as unknown as z.ZodType<Record<string, string>, Record<string, string>>
);
