import type { StoredKeyPackage } from "../../model/device.ts";
import type { Full } from "../bounded_add.ts";
import type { KeyPackageClaim, KeyPackageStore } from "../key_package_store.ts";
import { countRows } from "./bounded_insert.ts";
import type { Database } from "./database.ts";
import { Table } from "./table.ts";

const KEY_PACKAGES = new Table<StoredKeyPackage>("key_packages", {
  id: "value",
  deviceId: "value",
  keyPackage: "value",
  isLastResort: "boolean",
  expiresAt: "value",
  createdAt: "value",
});

const NEXT = KEY_PACKAGES.select(
  "WHERE deviceId = ? AND expiresAt > ? ORDER BY isLastResort, createdAt, id LIMIT 1",
);

export class SqliteKeyPackageStore implements KeyPackageStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add(
    deviceId: string,
    keyPackages: StoredKeyPackage[],
    { max, now }: { max: number; now: number },
  ): Promise<{ outcome: "added"; count: number } | Full> {
    return this.#db.write(() => {
      const count = this.#count(deviceId, now);
      const added = keyPackages.filter((each) => !each.isLastResort && !this.#has(each.id)).length;
      if (added > 0 && count + added > max) return { outcome: "full", count };
      for (const each of keyPackages) {
        if (each.isLastResort) {
          const earlier = "DELETE FROM key_packages WHERE deviceId = ? AND isLastResort = 1";
          this.#db.run(earlier, deviceId);
        }
        const sql = `${KEY_PACKAGES.insert} ON CONFLICT (id) DO NOTHING`;
        this.#db.run(sql, ...KEY_PACKAGES.bind(each));
      }
      return { outcome: "added", count: this.#count(deviceId, now) };
    });
  }

  claim(deviceId: string, now: number): Promise<KeyPackageClaim | null> {
    return this.#db.write(() => {
      const keyPackage = KEY_PACKAGES.decodeOrNull(this.#db.get(NEXT, deviceId, now));
      if (!keyPackage) return null;
      if (!keyPackage.isLastResort) {
        this.#db.run("DELETE FROM key_packages WHERE id = ?", keyPackage.id);
      }
      return { keyPackage, remaining: this.#count(deviceId, now) };
    });
  }

  lastResort(deviceId: string, now: number): Promise<StoredKeyPackage | null> {
    const sql = KEY_PACKAGES.select(
      "WHERE deviceId = ? AND isLastResort = 1 AND expiresAt > ? ORDER BY createdAt DESC LIMIT 1",
    );
    return this.#db.read(() => KEY_PACKAGES.decodeOrNull(this.#db.get(sql, deviceId, now)));
  }

  count(deviceId: string, now: number): Promise<number> {
    return this.#db.read(() => this.#count(deviceId, now));
  }

  purge(before: number): Promise<number> {
    return this.#db.deleteParts("key_packages", "expiresAt < ?", [before]);
  }

  #has(id: string): boolean {
    return this.#db.get("SELECT 1 FROM key_packages WHERE id = ?", id) !== undefined;
  }

  #count(deviceId: string, now: number): number {
    const good = "deviceId = ? AND isLastResort = 0 AND expiresAt > ?";
    return countRows(this.#db, "key_packages", [good, deviceId, now]);
  }
}
