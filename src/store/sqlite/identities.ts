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

  add(identity: Identity): Promise<void> {
    return this.#db.write(() => {
      this.#db.run(IDENTITIES.insert, ...IDENTITIES.bind(identity));
    });
  }

  find(provider: ProviderName, subject: string): Promise<Identity | null> {
    return this.#db.read(() => this.#one("WHERE provider = ? AND subject = ?", provider, subject));
  }

  ofUser(userId: string): Promise<Identity[]> {
    return this.#db.read(() =>
      this.#db.all(IDENTITIES.select("WHERE userId = ? ORDER BY provider"), userId)
        .map((raw) => IDENTITIES.decode(raw))
    );
  }

  remove(userId: string, provider: ProviderName): Promise<Identity | null> {
    return this.#db.write(() => {
      const identity = this.#one("WHERE userId = ? AND provider = ?", userId, provider);
      if (identity) this.#db.run("DELETE FROM identities WHERE id = ?", identity.id);
      return identity;
    });
  }

  removeAllOf(userId: string): Promise<number> {
    return this.#db.write(() => this.#db.run("DELETE FROM identities WHERE userId = ?", userId));
  }

  #one(where: string, ...values: string[]): Identity | null {
    return IDENTITIES.decodeOrNull(this.#db.get(IDENTITIES.select(where), ...values));
  }
}
