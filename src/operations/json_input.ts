import { AppError, fieldError } from "../core/errors.ts";

/** Deeper than every request of this API, and shallow enough for any recursion. */
const MAX_DEPTH = 32;

/**
 * Refuses input that no schema accepts anywhere: nesting past 32 levels, text that is not
 * well-formed Unicode or contains NUL (databases cut or refuse it), and keys named `__proto__`.
 * Runs before validation, so that schemas and services see only well-formed values.
 */
export function assertDecentJson(value: unknown, path = "", depth = 0): void {
  if (typeof value === "string") return assertDecentText(value, path);
  if (typeof value !== "object" || value === null) return;
  if (depth >= MAX_DEPTH) {
    throw new AppError("invalid_request", `The request is nested deeper than ${MAX_DEPTH} levels`);
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) assertDecentJson(value[i], join(path, i), depth + 1);
    return;
  }
  for (const key of Object.keys(value)) {
    if (key === "__proto__") throw unknownField(join(path, key));
    const here = join(path, key);
    assertDecentText(key, here);
    assertDecentJson((value as Record<string, unknown>)[key], here, depth + 1);
  }
}

function assertDecentText(text: string, path: string): void {
  const fault = !text.isWellFormed()
    ? "must be well-formed Unicode, without half a surrogate pair"
    : text.includes("\0")
    ? "must not contain the character NUL"
    : null;
  if (fault !== null) throw badField(path, fault);
}

export function unknownField(path: string): AppError {
  return badField(path, "is not a known field");
}

function badField(path: string, fault: string): AppError {
  const shown = showPath(path);
  return fieldError("invalid_request", shown, `${shown || "The request"} ${fault}`);
}

const join = (path: string, key: string | number) => path === "" ? `${key}` : `${path}.${key}`;

/**
 * Cleans and shortens a path for a message, because it may contain keys that the caller invented.
 */
export function showPath(path: string): string {
  const clean = path.toWellFormed().replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "�");
  return clean.length > 120 ? `${clean.slice(0, 119).toWellFormed()}…` : clean;
}
