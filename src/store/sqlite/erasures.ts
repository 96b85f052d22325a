import type { Erasure } from "../../model/erasure.ts";
import type { ErasureStore } from "../erasure_store.ts";
import type { Database } from "./database.ts";
import { Table } from "./table.ts";

const ERASURES = new Table<Erasure>("erasures", { userId: "value", requestedAt: "value" });

export class SqliteErasureStore implements ErasureStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  begin(erasure: Erasure): Promise<void> {
    return this.#db.write(() => {
      this.#db.run(`${ERASURES.insert} ON CONFLICT DO NOTHING`, ...ERASURES.bind(erasure));
    });
  }

  pending(): Promise<Erasure[]> {
    return this.#db.read(() =>
      this.#db.all(ERASURES.select("ORDER BY requestedAt, userId")).map((raw) =>
        ERASURES.decode(raw)
      )
    );
  }

  finish(userId: string): Promise<void> {
    return this.#db.write(() => {
      this.#db.run("DELETE FROM erasures WHERE userId = ?", userId);
    });
  }
}
