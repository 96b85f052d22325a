import { fieldError, quote } from "../core/errors.ts";
import type { CustomData, JsonValue } from "../model/custom_data.ts";

/** Longer entries are not indexed, so no filter finds them. */
const MAX_ENTRY_BYTES = 512;

const encoder = new TextEncoder();

/** Returns the entry that a filter looks up. */
export function customEntry(key: string, value: string): string {
  return `${key}=${value}`;
}

/**
 * Returns the entries by which a row's custom data is found: texts, integers and booleans of its
 * first level. SQLite computes the same ones in triggers (step "custom_data").
 */
export function customEntries(custom: CustomData | null): string[] {
  if (custom === null) return [];
  return Object.entries(custom)
    .filter(([, value]) => isIndexed(value))
    .map(([key, value]) => customEntry(key, String(value)))
    .filter((entry) => encoder.encode(entry).length <= MAX_ENTRY_BYTES);
}

function isIndexed(value: JsonValue): boolean {
  return typeof value === "string" || typeof value === "boolean" || Number.isInteger(value);
}

/**
 * Returns the entries of a filter. Throws `invalid_request` for a key that is not among the
 * `declared` ones. `action` is an infinitive, like "list chats".
 */
export function filterEntries(
  filter: Record<string, string> = {},
  declared: readonly string[],
  action: string,
): string[] {
  return Object.entries(filter).map(([key, value]) => {
    if (declared.includes(key)) return customEntry(key, value);
    const message = `Cannot ${action}: ${quote(key)} is not declared in CUSTOM_FILTERS`;
    throw fieldError("invalid_request", `custom.${key}`, message);
  });
}
