import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { AppError, quote } from "../../core/errors.ts";

/** How a field is stored: as it is, as JSON text, or as 0 or 1 (SQLite has no booleans). */
export type ColumnKind = "value" | "json" | "boolean";

/**
 * Sorts after every id: those are hexadecimal. The `before` of a first page, so that each page is a
 * seek.
 */
export const AFTER_ALL_IDS = "g";

export type RawRow = Record<string, SQLOutputValue>;

/**
 * A model type and the table that stores it. Columns are named as the fields, and the compiler
 * checks that none is missing, so a row and its object differ by `ColumnKind` only.
 */
export class Table<Row extends object> {
  /** All tables: each entity's file creates its own when it is loaded. */
  static readonly byName = new Map<string, Table<Record<string, unknown>>>();
  /** Column list for a SELECT; a table may have further columns. */
  readonly columns: string;
  readonly insert: string;
  readonly #fields: (keyof Row & string)[];

  constructor(
    readonly name: string,
    readonly kinds: { readonly [Field in keyof Row & string]-?: ColumnKind },
  ) {
    Table.byName.set(name, this as unknown as Table<Record<string, unknown>>);
    this.#fields = Object.keys(kinds) as (keyof Row & string)[];
    this.columns = this.#fields.map((field) => `${name}.${field}`).join(", ");
    const marks = this.#fields.map(() => "?").join(", ");
    this.insert = `INSERT INTO ${name} (${this.#fields.join(", ")}) VALUES (${marks})`;
  }

  /**
   * `rest` is the SQL after the table's name. A bound limit is written as `LIMIT 0 + ?`, here and
   * in every other statement: SQLite plans with the value of a bare `LIMIT ?`, and so compiles the
   * statement again whenever one is bound, which takes longer than most of these statements run.
   */
  select(rest: string): string {
    return `SELECT ${this.columns} FROM ${this.name} ${rest}`;
  }

  /** Sets `fields`, in the order in which `bind` returns their values. */
  update(fields: readonly (keyof Row & string)[], where: string): string {
    const sets = fields.map((field) => `${field} = ?`).join(", ");
    return `UPDATE ${this.name} SET ${sets} WHERE ${where}`;
  }

  bind(row: Row, fields: readonly (keyof Row & string)[] = this.#fields): SQLInputValue[] {
    return fields.map((field) => encode(row[field], this.kinds[field]));
  }

  decode(raw: RawRow): Row {
    const row: Record<string, unknown> = {};
    for (const field of this.#fields) row[field] = decode(raw[field], this.kinds[field]);
    return row as Row;
  }

  /** As `decode`, for the values of `columns` in their order. */
  decodeValues(values: readonly SQLOutputValue[]): Row {
    const row: Record<string, unknown> = {};
    let at = 0;
    for (const field of this.#fields) row[field] = decode(values[at++], this.kinds[field]);
    return row as Row;
  }

  decodeOrNull(raw: RawRow | undefined): Row | null {
    return raw === undefined ? null : this.decode(raw);
  }
}

function encode(value: unknown, kind: ColumnKind): SQLInputValue {
  if (kind === "value") {
    return typeof value === "string" ? rejectNul(value) : value as SQLInputValue;
  }
  if (kind === "boolean") return value ? 1 : 0;
  if (value === null) return null;
  return Array.isArray(value) && value.length === 0 ? "[]" : JSON.stringify(value);
}

/** `node:sqlite` reads text up to its first U+0000 only: rejecting it is better than cutting it. */
function rejectNul(text: string): string {
  if (!text.includes("\0")) return text;
  throw new AppError(
    "invalid_request",
    `Cannot store text with the character U+0000: ${quote(text)}`,
  );
}

function decode(value: SQLOutputValue, kind: ColumnKind): unknown {
  if (kind === "value") return value;
  if (kind === "boolean") return value === 1;
  if (value === null) return null;
  return value === "[]" ? [] : JSON.parse(value as string);
}
