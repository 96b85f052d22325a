export type JsonValue =
  | string
  | number
  | boolean
  | null
  | JsonValue[]
  | { [key: string]: JsonValue };

/**
 * Data of an integrator's application, stored with a row and never interpreted: a flat or nested
 * JSON object within the bounds of `api/custom_data.ts`. A row without any has null, never `{}`.
 */
export type CustomData = Record<string, JsonValue>;

/** Compares as stored: the order of keys counts. */
export function isSameCustom(a: CustomData | null, b: CustomData | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
