import type { SQLInputValue } from "node:sqlite";
import type { BoundedAdd } from "../bounded_add.ts";
import type { Database } from "./database.ts";
import type { Table } from "./table.ts";

/** Rows of a table: the SQL after WHERE, and its values. */
export type Condition = [where: string, ...values: SQLInputValue[]];

/** Inserts a row unless its list has `max` rows. Runs within the caller's transaction. */
export function insertBounded<Row extends object>(
  db: Database,
  table: Table<Row>,
  row: Row,
  { list, max }: { list: Condition; max: number },
): BoundedAdd<Row> {
  const count = countRows(db, table.name, list);
  if (count >= max) return { outcome: "full", count };
  db.run(table.insert, ...table.bind(row));
  return { outcome: "added", row };
}

/** Runs within the caller's read or transaction. */
export function countRows(db: Database, table: string, [where, ...values]: Condition): number {
  return Number(db.get(`SELECT count(*) AS n FROM ${table} WHERE ${where}`, ...values)!.n);
}
