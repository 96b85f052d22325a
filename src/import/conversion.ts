import { fittingName } from "../core/visible_text.ts";

/** A line of the import; see README.md for its fields. */
export type OutLine = Record<string, unknown>;

/** Files of one message, in most deployments: further files go into separate messages. */
export const FILES_PER_MESSAGE = 10;
const MAX_NAME = 100;
const MAX_DESCRIPTION = 1_000;
const MAX_MENTIONS = 50;

/** Writes lines to standard output, and counts what was left out. */
export class Conversion {
  readonly #encoder = new TextEncoder();
  readonly #leftOut = new Map<string, number>();

  constructor(
    /** Your ids by those of the export; an id that is missing stays as it is. */
    private readonly ids: ReadonlyMap<string, string>,
    private readonly write: (bytes: Uint8Array) => void,
  ) {}

  /** Your id of a person. */
  person(id: string): string {
    return this.ids.get(id) ?? id;
  }

  emit(line: OutLine): void {
    this.write(this.#encoder.encode(JSON.stringify(line) + "\n"));
  }

  leaveOut(what: string): void {
    this.#leftOut.set(what, (this.#leftOut.get(what) ?? 0) + 1);
  }

  /** Lines for the operator. */
  leftOut(): string[] {
    return [...this.#leftOut].map(([what, count]) => `Left out: ${count} × ${what}`);
  }
}

/** A name as lines take it: one line, not blank, not too long. */
export function nameOf(...candidates: (string | null | undefined)[]): string {
  const found = candidates.map((name) => fittingName((name ?? "").replace(/\s+/g, " ")).trim())
    .find((name) => name !== "");
  return shortened(found ?? "?", MAX_NAME);
}

export function descriptionOf(...candidates: (string | null | undefined)[]): string {
  return shortened(candidates.find((text) => text?.trim()) ?? "", MAX_DESCRIPTION);
}

/** A username of the same letters, or undefined if it would not be one here. */
export function usernameOf(name: string | null | undefined): string | undefined {
  const plain = (name ?? "").replace(/[^A-Za-z0-9._-]/g, "").slice(0, 32)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
  return plain.length >= 3 ? plain : undefined;
}

/** Without repeated ones, and no more than a message may have. */
export function mentionsOf(people: readonly string[]): string[] {
  return [...new Set(people)].slice(0, MAX_MENTIONS);
}

export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

function shortened(text: string, max: number): string {
  return [...text].slice(0, max).join("").trim();
}
