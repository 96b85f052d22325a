import { DatabaseSync } from "node:sqlite";

/**
 * Records every statement that SQLite receives from here on, from any connection of this process.
 */
export function recordStatements(): ReadonlySet<string> {
  const statements = new Set<string>();
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string) {
    statements.add(sql);
    return prepare.call(this, sql);
  };
  return statements;
}
