import type { z } from "zod";
import { AppError, type FieldError, quote } from "../core/errors.ts";
import { showPath } from "./json_input.ts";

/**
 * Maximum number of reported errors: more would not help, and would make a small bad request a
 * large response.
 */
const MAX_ERRORS = 30;

type Issue = z.core.$ZodIssue;

/**
 * Converts zod's issues to sentences that start with the field's name. Messages defined by a schema
 * are predicates ("must not be blank"); zod's own messages are replaced.
 */
export function toInvalidRequest(error: z.ZodError): AppError {
  const all = error.issues.flatMap((issue) => toFieldErrors(issue, []));
  const more = all.length - 1;
  const rest = more === 0 ? "" : `, and ${more} more ${more === 1 ? "fault" : "faults"}`;
  const errors = all.slice(0, MAX_ERRORS);
  return new AppError("invalid_request", `${errors[0].message}${rest}`, { errors });
}

/** Returns a predicate for each kind of issue, for `safeParse(input, { error: describeIssue })`. */
export function describeIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined
        ? "is required"
        : `must be ${typeName(issue.expected)}, not ${kindOf(issue.input)}`;
    case "invalid_value":
      return `must be ${oneOf(issue.values)}${notGiven(issue.input)}`;
    case "too_small":
      return `must ${sizeOf(issue.origin)} at least ${amount(issue.minimum, issue.origin)}`;
    case "too_big":
      return `must ${sizeOf(issue.origin)} at most ${amount(issue.maximum, issue.origin)}`;
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "invalid_format":
      return `must be in the form of ${formatName(issue)}`;
    case "invalid_union":
      return "must have one of the forms that are accepted here";
    case "invalid_key":
    case "invalid_element":
      return "has an entry that is not valid";
    default:
      return "is not valid";
  }
}

function toFieldErrors(issue: Issue, parent: PropertyKey[]): FieldError[] {
  const at = [...parent, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => sentence([...at, key], "is not a known field"));
  }
  if (issue.code === "invalid_union") {
    const closest = closestBranch(issue.errors);
    if (closest) return closest.flatMap((inner) => toFieldErrors(inner, at));
  }
  if (issue.code === "invalid_key" || issue.code === "invalid_element") {
    return issue.issues.flatMap((inner) => toFieldErrors(inner, at));
  }
  return [sentence(at, issue.message)];
}

/**
 * Returns the form that the caller most likely meant: the right type at its root, with the fewest
 * faults.
 */
function closestBranch(branches: Issue[][]): Issue[] | undefined {
  const ofRightType = branches.filter((issues) =>
    !issues.some(({ code, path }) => code === "invalid_type" && path.length === 0)
  );
  return ofRightType.sort((a, b) => faultsIn(a) - faultsIn(b))[0];
}

const faultsIn = (issues: Issue[]) =>
  issues.reduce((n, issue) => n + (issue.code === "unrecognized_keys" ? issue.keys.length : 1), 0);

function sentence(at: PropertyKey[], predicate: string): FieldError {
  const path = showPath(at.map(String).join("."));
  return { path, message: `${path || "The request"} ${predicate}` };
}

const TYPE_NAMES: Record<string, string> = {
  int: "an integer",
  array: "an array",
  object: "an object",
  record: "an object",
};

function typeName(expected: string): string {
  return TYPE_NAMES[expected] ?? `a ${expected}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number") return `the number ${value}`;
  // A string in the wrong place is not a secret, and in a query every value is a string.
  if (typeof value === "string") return quote(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function oneOf(values: readonly unknown[]): string {
  const shown = values.map((value) => String(value));
  return shown.length < 2 ? shown[0] : `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)}`;
}

function notGiven(value: unknown): string {
  return value === undefined ? "" : `, not ${kindOf(value)}`;
}

function sizeOf(origin: string): string {
  return ["string", "array", "set", "file", "map"].includes(origin) ? "have" : "be";
}

function amount(bound: number | bigint, origin: string): string {
  const unit = origin === "string" ? "character" : sizeOf(origin) === "have" ? "entry" : "";
  if (unit === "") return String(bound);
  if (Number(bound) === 1) return `1 ${unit}`;
  return `${bound} ${unit === "entry" ? "entries" : "characters"}`;
}

const FORMAT_NAMES: Record<string, string> = {
  email: "an e-mail address",
  url: "a URL",
  datetime: "an RFC 3339 time such as 2026-01-31T12:00:00Z",
  uuid: "a UUID",
  base64url: "base64url",
};

function formatName(issue: { format: string; pattern?: string }): string {
  return FORMAT_NAMES[issue.format] ?? issue.pattern ?? issue.format;
}
