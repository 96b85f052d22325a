import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";

/** A table, as far as a SELECT of its columns needs it. */
interface Selectable {
  select(rest: string): string;
}

interface Prepared {
  statement: StatementSync;
  /** True for a statement that changes the rows which it returns. */
  returnsChanges: boolean;
}

/** The prepared statements of a connection. */
export class Statements {
  readonly #prepared = new Map<string, Prepared>();
  /** By table and the SQL after its name, statements that only read and return rows as lists. */
  readonly #lists = new Map<Selectable, Map<string, StatementSync>>();

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

  /**
   * Returns the values of the first row, in the order of the table's columns: a list takes a third
   * of the time of an object.
   */
  firstValues(
    table: Selectable,
    rest: string,
    values: readonly SQLInputValue[],
  ): SQLOutputValue[] | undefined {
    const row: unknown = this.#list(table, rest).get(...values);
    if (row === undefined) return undefined;
    return Array.isArray(row) ? row : Object.values(row as Record<string, SQLOutputValue>);
  }

  #list(table: Selectable, rest: string): StatementSync {
    let lists = this.#lists.get(table);
    if (lists === undefined) this.#lists.set(table, lists = new Map());
    let statement = lists.get(rest);
    if (statement === undefined) {
      statement = this.connection.prepare(table.select(rest));
      // Missing in earlier releases of Deno and in some of its types: rows then stay objects.
      (statement as { setReturnArrays?(isOn: boolean): void }).setReturnArrays?.(true);
      lists.set(rest, statement);
    }
    return statement;
  }
}
