import { DatabaseSync } from "node:sqlite";

/** Every statement that SQLite was given from here on, by whichever connection of this process. */
export function recordStatements(): ReadonlySet<string> {
  const statements = new Set<string>();
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string) {
    statements.add(sql);
    return prepare.call(this, sql);
  };
  return statements;
}
