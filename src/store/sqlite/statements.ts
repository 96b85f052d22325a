import type { DatabaseSync, StatementSync } from "node:sqlite";

interface Prepared {
  statement: StatementSync;
  /** True for a statement that changes the rows which it returns. */
  returnsChanges: boolean;
}

/** The prepared statements of a connection. */
export class Statements {
  readonly #prepared = new Map<string, Prepared>();

  constructor(readonly connection: DatabaseSync) {}

  prepared(sql: string): Prepared {
    let prepared = this.#prepared.get(sql);
    if (prepared === undefined) {
      const statement = this.connection.prepare(sql);
      prepared = { statement, returnsChanges: /\bRETURNING\b/.test(sql) };
      this.#prepared.set(sql, prepared);
    }
    return prepared;
  }
}
