import type { HistoryBackup, HistoryBackupPart } from "../../model/history_backup.ts";
import type { HistoryBackupStore } from "../history_backup_store.ts";
import type { Database } from "./database.ts";
import { Table } from "./table.ts";

const BACKUPS = new Table<HistoryBackup>("history_backups", {
  id: "value",
  userId: "value",
  keyCheck: "value",
  parts: "value",
  createdAt: "value",
  updatedAt: "value",
});

const PARTS = new Table<HistoryBackupPart>("history_backup_parts", {
  backupId: "value",
  name: "value",
  data: "value",
});

const PUT_PART = `${PARTS.insert} ON CONFLICT (backupId, name) DO UPDATE SET data = excluded.data`;

export class SqliteHistoryBackupStore implements HistoryBackupStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  replace(backup: HistoryBackup): Promise<void> {
    return this.#db.write(() => {
      this.#delete(backup.userId);
      this.#db.run(BACKUPS.insert, ...BACKUPS.bind(backup));
    });
  }

  ofUser(userId: string): Promise<HistoryBackup | null> {
    return this.#db.read(() => this.#ofUser(userId));
  }

  putPart(
    userId: string,
    part: HistoryBackupPart,
    { maxParts, now }: { maxParts: number; now: number },
  ): Promise<"stored" | "gone" | "full"> {
    return this.#db.write(() => {
      const backup = this.#ofUser(userId);
      if (backup?.id !== part.backupId) return "gone";
      const key = "SELECT 1 FROM history_backup_parts WHERE backupId = ? AND name = ?";
      const added = this.#db.get(key, part.backupId, part.name) === undefined ? 1 : 0;
      if (backup.parts + added > maxParts) return "full";
      this.#db.run(PUT_PART, ...PARTS.bind(part));
      this.#db.run(
        "UPDATE history_backups SET parts = parts + ?, updatedAt = ? WHERE id = ?",
        added,
        now,
        part.backupId,
      );
      return "stored";
    });
  }

  parts(backupId: string, after: string | null, limit: number): Promise<HistoryBackupPart[]> {
    return this.#db.read(() =>
      this.#db.all(
        PARTS.select("WHERE backupId = ? AND name > ? ORDER BY name LIMIT 0 + ?"),
        backupId,
        after ?? "",
        limit,
      ).map((raw) => PARTS.decode(raw))
    );
  }

  deleteOf(userId: string): Promise<boolean> {
    return this.#db.write(() => this.#delete(userId));
  }

  #ofUser(userId: string): HistoryBackup | null {
    return BACKUPS.decodeOrNull(this.#db.get(BACKUPS.select("WHERE userId = ?"), userId));
  }

  #delete(userId: string): boolean {
    const backup = this.#ofUser(userId);
    if (!backup) return false;
    this.#db.run("DELETE FROM history_backup_parts WHERE backupId = ?", backup.id);
    this.#db.run("DELETE FROM history_backups WHERE id = ?", backup.id);
    return true;
  }
}
