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
  #dataVersion: StatementSync | undefined;

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
   * Returns the values of the first row, in the order of the table's columns: a list takes a third of
   * the time of an object.
   */
  firstValues(
    table: Selectable,
    rest: string,
    values: readonly SQLInputValue[],
  ): SQLOutputValue[] | undefined {
    const row: unknown = this.#list(table, rest).get(...values);
    return row === undefined ? undefined : valuesOf(row);
  }

  /** Changes when another connection has committed. Throws if another process locks the file. */
  dataVersion(): number {
    this.#dataVersion ??= this.#preparedList("PRAGMA data_version");
    return Number(valuesOf(this.#dataVersion.get())[0]);
  }

  #list(table: Selectable, rest: string): StatementSync {
    let lists = this.#lists.get(table);
    if (lists === undefined) this.#lists.set(table, lists = new Map());
    let statement = lists.get(rest);
    if (statement === undefined) {
      lists.set(rest, statement = this.#preparedList(table.select(rest)));
    }
    return statement;
  }

  #preparedList(sql: string): StatementSync {
    const statement = this.connection.prepare(sql);
    // Missing in earlier releases of Deno and in some of its types: rows then stay objects.
    (statement as { setReturnArrays?(isOn: boolean): void }).setReturnArrays?.(true);
    return statement;
  }
}

/** Returns the values of a row of a list statement. */
function valuesOf(row: unknown): SQLOutputValue[] {
  return Array.isArray(row) ? row : Object.values(row as Record<string, SQLOutputValue>);
}
