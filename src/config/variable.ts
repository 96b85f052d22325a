import { z } from "zod";

/**
 * Describes how one variable is read. `schema` is called only if the variable is set, so start-up
 * creates no unused schemas.
 */
export interface Variable<T = unknown> {
  readonly schema: () => z.ZodType<T, string>;
  /** The accepted values, as a phrase that follows "it must be". */
  readonly accepted: string;
  /** True if its value must never be repeated, in a fault or anywhere else. */
  readonly secret: boolean;
}

export function variable<T>(accepted: string, schema: Variable<T>["schema"]): Variable<T> {
  return { accepted, schema, secret: false };
}

export function secret<T>(accepted: string, schema: Variable<T>["schema"]): Variable<T> {
  return { accepted, schema, secret: true };
}

/** Returns a schema for the result of `parse`; null refuses the text. */
export function parsed<T>(parse: (text: string) => T | null): Variable<T>["schema"] {
  return () =>
    z.string().transform((text, context) => {
      const value = parse(text);
      if (value !== null) return value;
      context.addIssue({ code: "custom" });
      return z.NEVER;
    });
}

export const words = () => z.string().min(1);

export const matching = (pattern: RegExp) => () => z.string().regex(pattern);

export const oneOf = <const T extends readonly string[]>(values: T) => () => z.enum(values);

export const integer = (min: number, max: number) => () =>
  z.string().regex(/^\d{1,15}$/).transform(Number).pipe(z.int().min(min).max(max));

export const url = (...protocols: string[]) =>
  parsed((text) => {
    if (!URL.canParse(text) || !protocols.includes(new URL(text).protocol)) return null;
    return text.replace(/\/+$/, "");
  });

export const httpUrl = (example: string) =>
  variable(`an http or https URL, such as ${example}`, url("http:", "https:"));

export function listOf(text: string): string[] {
  return text.split(",").map((part) => part.trim()).filter(Boolean);
}
