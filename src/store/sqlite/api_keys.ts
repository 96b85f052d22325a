import type { IdPage } from "../../core/in_pages.ts";
import type { ApiKey } from "../../model/api_key.ts";
import type { ApiKeyRotation, ApiKeyStore, ApiKeyUse } from "../api_key_store.ts";
import type { BoundedAdd } from "../bounded_add.ts";
import { countRows, insertBounded } from "./bounded_insert.ts";
import type { Database } from "./database.ts";
import { AFTER_ALL_IDS, Table } from "./table.ts";

const API_KEYS = new Table<ApiKey>("api_keys", {
  id: "value",
  name: "value",
  scopes: "json",
  secretHash: "value",
  previousHash: "value",
  previousUntil: "value",
  createdAt: "value",
  createdBy: "value",
  expiresAt: "value",
  endedAt: "value",
  lastUsedAt: "value",
  lastAddress: "value",
});

/** A key that does not expire has null there. */
const ACTIVE = "endedAt IS NULL AND coalesce(expiresAt, 9e15) > ?";

export class SqliteApiKeyStore implements ApiKeyStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  create(key: ApiKey, max: number): Promise<BoundedAdd<ApiKey>> {
    return this.#db.write(() =>
      insertBounded(this.#db, API_KEYS, key, { list: [ACTIVE, key.createdAt], max })
    );
  }

  byId(id: string): Promise<ApiKey | null> {
    return this.#db.read(() => this.#row(id));
  }

  list({ before, limit }: IdPage): Promise<ApiKey[]> {
    const sql = API_KEYS.select("WHERE id < ? ORDER BY id DESC LIMIT 0 + ?");
    return this.#db.read(() =>
      this.#db.all(sql, before ?? AFTER_ALL_IDS, limit).map((raw) => API_KEYS.decode(raw))
    );
  }

  countActive(now: number): Promise<number> {
    return this.#db.read(() => countRows(this.#db, "api_keys", [ACTIVE, now]));
  }

  rotate({ id, secretHash, previousUntil, now }: ApiKeyRotation): Promise<ApiKey | null> {
    const sql = `UPDATE api_keys SET previousHash = secretHash, secretHash = ?, previousUntil = ?
      WHERE id = ? AND ${ACTIVE}`;
    return this.#db.write(() =>
      this.#db.run(sql, secretHash, previousUntil, id, now) === 1 ? this.#row(id) : null
    );
  }

  end(id: string, at: number): Promise<ApiKey | null> {
    return this.#db.write(() => {
      this.#db.run("UPDATE api_keys SET endedAt = ? WHERE id = ? AND endedAt IS NULL", at, id);
      return this.#row(id);
    });
  }

  used(uses: readonly ApiKeyUse[]): Promise<void> {
    const sql = `UPDATE api_keys SET lastUsedAt = ?1, lastAddress = ?2
      WHERE id = ?3 AND coalesce(lastUsedAt, 0) < ?1`;
    return this.#db.write(() => {
      for (const { id, at, address } of uses) this.#db.run(sql, at, address, id);
    });
  }

  #row(id: string): ApiKey | null {
    return API_KEYS.decodeOrNull(this.#db.get(API_KEYS.select("WHERE id = ?"), id));
  }
}
