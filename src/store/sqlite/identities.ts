import type { Identity, ProviderName } from "../../model/identity.ts";
import type { IdentityStore } from "../identity_store.ts";
import type { Database } from "./database.ts";
import { Table } from "./table.ts";

const IDENTITIES = new Table<Identity>("identities", {
  id: "value",
  provider: "value",
  subject: "value",
  userId: "value",
  email: "value",
  linkedAt: "value",
});

export class SqliteIdentityStore implements IdentityStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Runs within the caller's transaction, as `remove` and `listOf` do. */
  insert(identity: Identity): void {
    this.#db.run(IDENTITIES.insert, ...IDENTITIES.bind(identity));
  }

  remove(userId: string, provider: ProviderName): void {
    this.#db.run("DELETE FROM identities WHERE userId = ? AND provider = ?", userId, provider);
  }

  listOf(userId: string): Identity[] {
    return this.#db.all(IDENTITIES.select("WHERE userId = ? ORDER BY provider"), userId)
      .map((raw) => IDENTITIES.decode(raw));
  }

  find(provider: ProviderName, subject: string): Promise<Identity | null> {
    const where = IDENTITIES.select("WHERE provider = ? AND subject = ?");
    return this.#db.read(() => IDENTITIES.decodeOrNull(this.#db.get(where, provider, subject)));
  }

  ofUser(userId: string): Promise<Identity[]> {
    return this.#db.read(() => this.listOf(userId));
  }
}
