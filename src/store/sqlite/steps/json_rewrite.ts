import type { DatabaseSync, SQLInputValue, SQLOutputValue } from "node:sqlite";

const BATCH_ROWS = 500;

export interface JsonRewrite {
  table: string;
  /** The unique column by which rows are paged. */
  key: string;
  /** A JSON column; rows in which it is null are skipped. */
  column: string;
  /** Returns the new value, or `undefined` to leave the row as it is. */
  change: (value: unknown) => unknown;
}

/** Rewrites the values of one JSON column, a batch of rows at a time. For use in a schema step. */
export function rewriteJson(connection: DatabaseSync, rewrite: JsonRewrite): void {
  const { table, key, column, change } = rewrite;
  const page = connection.prepare(
    `SELECT ${key} AS key, ${column} AS value FROM ${table}
     WHERE ${column} IS NOT NULL AND ${key} > ? ORDER BY ${key} LIMIT ${BATCH_ROWS}`,
  );
  const update = connection.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${key} = ?`);
  // Below every key, numbers and text alike.
  let last: SQLOutputValue = -Infinity;
  for (;;) {
    const rows: Record<string, SQLOutputValue>[] = page.all(last as SQLInputValue);
    for (const row of rows) {
      const changed = change(JSON.parse(String(row.value)));
      if (changed !== undefined) update.run(JSON.stringify(changed), row.key as SQLInputValue);
    }
    if (rows.length < BATCH_ROWS) return;
    last = rows[rows.length - 1].key;
  }
}
