import type { Setting } from "../../model/setting.ts";
import type { SettingStore } from "../setting_store.ts";
import type { Database } from "./database.ts";
import { Table } from "./table.ts";

const SETTINGS = new Table<Setting>("settings", {
  id: "value",
  value: "json",
  updatedBy: "value",
  updatedAt: "value",
});

export class SqliteSettingStore implements SettingStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  list(): Promise<Setting[]> {
    return this.#db.read(() =>
      this.#db.all(SETTINGS.select("WHERE id > '' ORDER BY id")).map((raw) => SETTINGS.decode(raw))
    );
  }

  byId(id: string): Promise<Setting | null> {
    return this.#db.read(() =>
      SETTINGS.decodeOrNull(this.#db.get(SETTINGS.select("WHERE id = ?"), id))
    );
  }

  put(setting: Setting): Promise<void> {
    return this.#db.write(() => {
      this.#db.run("DELETE FROM settings WHERE id = ?", setting.id);
      this.#db.run(SETTINGS.insert, ...SETTINGS.bind(setting));
    });
  }

  replace({ id, updatedAt }: Setting, setting: Setting): Promise<boolean> {
    return this.#db.write(() => {
      const removed = "DELETE FROM settings WHERE id = ? AND updatedAt = ?";
      if (this.#db.run(removed, id, updatedAt) === 0) return false;
      this.#db.run(SETTINGS.insert, ...SETTINGS.bind(setting));
      return true;
    });
  }

  remove(id: string): Promise<boolean> {
    return this.#db.write(() => this.#db.run("DELETE FROM settings WHERE id = ?", id) === 1);
  }
}
