import type { OneTimePurpose, OneTimeToken } from "../../model/one_time_token.ts";
import type { OneTimeTokenStore } from "../one_time_token_store.ts";
import type { Database } from "./database.ts";
import { Table } from "./table.ts";

const TOKENS = new Table<OneTimeToken>("one_time_tokens", {
  id: "value",
  purpose: "value",
  userId: "value",
  data: "json",
  attemptsLeft: "value",
  createdAt: "value",
  expiresAt: "value",
});

export class SqliteOneTimeTokenStore implements OneTimeTokenStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  create(token: OneTimeToken): Promise<void> {
    return this.#db.write(() => {
      this.#db.run(TOKENS.insert, ...TOKENS.bind(token));
    });
  }

  byId(id: string, now: number): Promise<OneTimeToken | null> {
    return this.#db.read(() => this.#alive(id, now));
  }

  consume(id: string, now: number): Promise<OneTimeToken | null> {
    return this.#db.write(() => {
      const token = this.#alive(id, now);
      if (token) this.#delete(id);
      return token;
    });
  }

  attempt(id: string, now: number): Promise<OneTimeToken | null> {
    return this.#db.write(() => {
      const token = this.#alive(id, now);
      if (!token) return null;
      const attemptsLeft = token.attemptsLeft - 1;
      if (attemptsLeft <= 0) this.#delete(id);
      else {this.#db.run(
          "UPDATE one_time_tokens SET attemptsLeft = ? WHERE id = ?",
          attemptsLeft,
          id,
        );}
      return { ...token, attemptsLeft };
    });
  }

  deleteForUser(userId: string, purposes?: OneTimePurpose[]): Promise<number> {
    return this.#db.write(() => this.deleteNow(userId, purposes));
  }

  /** Implements `deleteForUser` within the caller's transaction. */
  deleteNow(userId: string, purposes?: readonly OneTimePurpose[]): number {
    return this.#db.run(
      `DELETE FROM one_time_tokens WHERE userId = ?1
       AND (?2 IS NULL OR purpose IN (SELECT value FROM json_each(?2)))`,
      userId,
      purposes ? JSON.stringify(purposes) : null,
    );
  }

  purge(before: number): Promise<number> {
    return this.#db.deleteParts("one_time_tokens", "expiresAt < ?", [before]);
  }

  #alive(id: string, now: number): OneTimeToken | null {
    const where = TOKENS.select("WHERE id = ? AND expiresAt > ?");
    return TOKENS.decodeOrNull(this.#db.get(where, id, now));
  }

  #delete(id: string): void {
    this.#db.run("DELETE FROM one_time_tokens WHERE id = ?", id);
  }
}
