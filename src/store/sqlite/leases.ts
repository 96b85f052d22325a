import type { LeaseStore } from "../lease_store.ts";
import type { Database } from "./database.ts";

export class SqliteLeaseStore implements LeaseStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  take(name: string, holder: string, now: number, until: number): Promise<boolean> {
    return this.#db.write(() =>
      this.#db.run(
        `INSERT INTO leases (name, holder, until) VALUES (?1, ?2, ?4)
         ON CONFLICT DO UPDATE SET holder = ?2, until = ?4 WHERE holder = ?2 OR until <= ?3`,
        name,
        holder,
        now,
        until,
      ) === 1
    );
  }

  release(name: string, holder: string): Promise<void> {
    return this.#db.write(() => {
      this.#db.run("DELETE FROM leases WHERE name = ? AND holder = ?", name, holder);
    });
  }

  purge(before: number): Promise<number> {
    return this.#db.write(() => this.#db.run("DELETE FROM leases WHERE until < ?", before));
  }
}
