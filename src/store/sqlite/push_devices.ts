import type { PushDevice } from "../../model/push_device.ts";
import type { BoundedAdd } from "../bounded_add.ts";
import type { PushDeviceStore } from "../push_device_store.ts";
import { countRows } from "./bounded_insert.ts";
import { type Database, ROWS_PER_WRITE } from "./database.ts";
import { Table } from "./table.ts";

const DEVICES = new Table<PushDevice>("push_devices", {
  id: "value",
  userId: "value",
  sessionId: "value",
  key: "value",
  address: "json",
  name: "value",
  createdAt: "value",
  updatedAt: "value",
});

const PUT = `${DEVICES.insert} ON CONFLICT (key) DO UPDATE SET
  userId = excluded.userId, sessionId = excluded.sessionId, address = excluded.address,
  name = excluded.name, updatedAt = excluded.updatedAt`;

// "CROSS": the members first, and a look at the index of devices for each.
const ANY_IN_CHAT = `SELECT 1 FROM memberships CROSS JOIN push_devices USING (userId)
  WHERE chatId = ? AND leftAt IS NULL LIMIT 1`;

const LAST_OF_PAGE =
  "SELECT max(id) AS id FROM (SELECT id FROM push_devices WHERE id > ? ORDER BY id LIMIT 0 + ?)";

const PURGE = `DELETE FROM push_devices WHERE id > ? AND id <= ? AND NOT EXISTS (
    SELECT 1 FROM sessions
    WHERE sessions.id = push_devices.sessionId AND endedAt IS NULL AND expiresAt > ?
  )`;

export class SqlitePushDeviceStore implements PushDeviceStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  put(device: PushDevice, max: number): Promise<BoundedAdd<PushDevice>> {
    return this.#db.write(() => {
      const { key, userId } = device;
      const isOwn = this.#byKey(key)?.userId === userId;
      const count = countRows(this.#db, "push_devices", ["userId = ?", userId]);
      if (!isOwn && count >= max) return { outcome: "full", count };
      this.#db.run(PUT, ...DEVICES.bind(device));
      return { outcome: isOwn ? "exists" : "added", row: this.#byKey(key)! };
    });
  }

  ofUser(userId: string): Promise<PushDevice[]> {
    return this.#rows("WHERE userId = ? ORDER BY updatedAt DESC, id DESC", userId);
  }

  ofUsers(userIds: string[]): Promise<PushDevice[]> {
    const sql = DEVICES.select("WHERE userId IN (SELECT value FROM json_each(?))");
    return this.#db.readParts(
      userIds,
      (part) => this.#db.all(sql, JSON.stringify(part)).map((raw) => DEVICES.decode(raw)),
    );
  }

  anyInChat(chatId: string): Promise<boolean> {
    return this.#db.read(() => this.#db.get(ANY_IN_CHAT, chatId) !== undefined);
  }

  remove(userId: string, id: string): Promise<boolean> {
    return this.#db.write(() =>
      this.#db.run("DELETE FROM push_devices WHERE id = ? AND userId = ?", id, userId) === 1
    );
  }

  /** Reads pages of devices: a write looks at few rows, however few of them it deletes. */
  async purge(now: number): Promise<number> {
    let removed = 0;
    for (let after = "";;) {
      const { id: last } = await this.#db.read(() =>
        this.#db.get(LAST_OF_PAGE, after, ROWS_PER_WRITE)!
      );
      if (last === null) return removed;
      removed += await this.#db.write(() => this.#db.run(PURGE, after, last, now));
      after = String(last);
    }
  }

  deleteAllOf(userId: string): Promise<number> {
    return this.#db.write(() => this.deleteNow(userId));
  }

  /** Implements `deleteAllOf` within the caller's transaction. */
  deleteNow(userId: string): number {
    return this.#db.run("DELETE FROM push_devices WHERE userId = ?", userId);
  }

  #byKey(key: string): PushDevice | null {
    return DEVICES.decodeOrNull(this.#db.get(DEVICES.select("WHERE key = ?"), key));
  }

  #rows(rest: string, value: string): Promise<PushDevice[]> {
    return this.#db.read(() =>
      this.#db.all(DEVICES.select(rest), value).map((raw) => DEVICES.decode(raw))
    );
  }
}
