import type { Device } from "../../model/device.ts";
import type { BoundedAdd } from "../bounded_add.ts";
import type { DeviceStore } from "../device_store.ts";
import { insertBounded } from "./bounded_insert.ts";
import type { Database } from "./database.ts";
import { Table } from "./table.ts";

const DEVICES = new Table<Device>("devices", {
  id: "value",
  userId: "value",
  name: "value",
  signatureKey: "value",
  createdAt: "value",
});

export class SqliteDeviceStore implements DeviceStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  create(device: Device, max: number): Promise<BoundedAdd<Device>> {
    return this.#db.write(() => {
      const { userId, signatureKey } = device;
      const same = DEVICES.select("WHERE userId = ? AND signatureKey = ?");
      const found = DEVICES.decodeOrNull(this.#db.get(same, userId, signatureKey));
      if (found) return { outcome: "exists", row: found };
      return insertBounded(this.#db, DEVICES, device, { list: ["userId = ?", userId], max });
    });
  }

  byId(id: string): Promise<Device | null> {
    return this.#db.read(() =>
      DEVICES.decodeOrNull(this.#db.get(DEVICES.select("WHERE id = ?"), id))
    );
  }

  byIds(ids: string[]): Promise<Device[]> {
    return this.#rows("WHERE id IN (SELECT value FROM json_each(?))", JSON.stringify(ids));
  }

  ofUsers(userIds: string[]): Promise<Device[]> {
    return this.#rows(
      "WHERE userId IN (SELECT value FROM json_each(?)) ORDER BY userId, id",
      JSON.stringify(userIds),
    );
  }

  remove(userId: string, ids?: string[]): Promise<Device[]> {
    return this.#db.write(() => this.delete(userId, ids));
  }

  /** Implements `remove` within the caller's transaction. */
  delete(userId: string, ids?: string[]): Device[] {
    const removed = this.#db.all(
      `DELETE FROM devices WHERE userId = ?1
       AND (?2 IS NULL OR id IN (SELECT value FROM json_each(?2))) RETURNING *`,
      userId,
      ids ? JSON.stringify(ids) : null,
    ).map((raw) => DEVICES.decode(raw));
    for (const { id } of removed) {
      this.#db.run("DELETE FROM key_packages WHERE deviceId = ?", id);
      this.#db.run("DELETE FROM welcomes WHERE deviceId = ?", id);
    }
    return removed;
  }

  #rows(rest: string, ...values: string[]): Promise<Device[]> {
    return this.#db.read(() =>
      this.#db.all(DEVICES.select(rest), ...values).map((raw) => DEVICES.decode(raw))
    );
  }
}
