import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, notFound } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { HistoryBackup, HistoryBackupPart } from "../model/history_backup.ts";
import type { Store } from "../store/store.ts";

/** Bytes after which a page of parts is full: at least one part is returned. */
const PAGE_BYTES = 512 * 1024;

/**
 * Backups of what users have decrypted, for their next device. They are sealed by the client: the
 * server bounds their size, and cannot read them.
 */
export class HistoryBackups {
  constructor(
    private readonly store: Pick<Store, "historyBackups">,
    private readonly clock: Clock,
    private readonly limits: { historyBackupParts: number; historyBackupPartBytes: number },
  ) {}

  /** Replaces the user's earlier backup: devices that store parts of that one find it gone. */
  async begin(userId: string, keyCheck: string): Promise<HistoryBackup> {
    const now = this.clock.now();
    const backup = { id: newId(), userId, keyCheck, parts: 0, createdAt: now, updatedAt: now };
    await this.store.historyBackups.replace(backup);
    return backup;
  }

  /** Throws `not_found` if there is none. */
  async get(userId: string): Promise<HistoryBackup> {
    const backup = await this.store.historyBackups.ofUser(userId);
    if (backup) return backup;
    throw new AppError("not_found", "Cannot find a history backup: none was begun");
  }

  /** Throws `not_found` if the user's backup is another by now. */
  async put(userId: string, part: HistoryBackupPart): Promise<void> {
    const { historyBackupParts: maxParts, historyBackupPartBytes: maxBytes } = this.limits;
    const bytes = Math.floor(part.data.length * 3 / 4);
    if (bytes > maxBytes) {
      const message = `Cannot store the part: it has ${bytes} bytes, and at most ${maxBytes} fit`;
      throw fieldError("payload_too_large", "data", message);
    }
    const options = { maxParts, now: this.clock.now() };
    const outcome = await this.store.historyBackups.putPart(userId, part, options);
    if (outcome === "gone") throw notFound("history backup", part.backupId);
    if (outcome === "full") {
      const message = `Cannot store the part: a history backup has at most ${maxParts} parts`;
      throw new AppError("quota_exceeded", message);
    }
  }

  /** Throws `not_found` if the user's backup is another by now. */
  async parts(
    userId: string,
    { backupId, after, limit }: { backupId: string; after: string | null; limit: number },
  ): Promise<{ items: HistoryBackupPart[]; next: string | null }> {
    const backup = await this.store.historyBackups.ofUser(userId);
    if (backup?.id !== backupId) throw notFound("history backup", backupId);
    const fitting = Math.ceil(PAGE_BYTES / this.limits.historyBackupPartBytes);
    const size = Math.min(limit, Math.max(1, fitting));
    const items = await this.store.historyBackups.parts(backupId, after, size);
    return { items, next: items.length < size ? null : items[items.length - 1].name };
  }

  /** Throws `not_found` if there is none. */
  async remove(userId: string): Promise<void> {
    if (await this.store.historyBackups.deleteOf(userId)) return;
    throw new AppError("not_found", "Cannot delete the history backup: none was begun");
  }
}
