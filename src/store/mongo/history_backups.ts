import type { ClientSession, Collection } from "mongodb";
import type { HistoryBackup, HistoryBackupPart } from "../../model/history_backup.ts";
import type { HistoryBackupStore } from "../history_backup_store.ts";
import type { MongoConnection } from "./connection.ts";
import {
  compoundKey,
  type Document,
  eq,
  fromDocumentOrNull,
  toDocument,
  withoutKey,
} from "./documents.ts";
import { duplicateIndex } from "./errors.ts";
import type { CollectionSpec } from "./indexes.ts";
import type { Transact } from "./transaction.ts";

export const HISTORY_BACKUPS: CollectionSpec = {
  name: "historyBackups",
  indexes: [{ name: "ofUser", key: { userId: 1 }, unique: true }],
};

export const HISTORY_BACKUP_PARTS: CollectionSpec = {
  name: "historyBackupParts",
  indexes: [{ name: "ofBackup", key: { backupId: 1, name: 1 } }],
};

type PartDocument = HistoryBackupPart & { _id: string };

export class MongoHistoryBackupStore implements HistoryBackupStore {
  readonly #backups: Collection<Document<HistoryBackup>>;
  readonly #parts: Collection<PartDocument>;
  readonly #transact: Transact;

  constructor(mongo: MongoConnection) {
    this.#backups = mongo.collection(HISTORY_BACKUPS);
    this.#parts = mongo.collection(HISTORY_BACKUP_PARTS);
    this.#transact = mongo.transact;
  }

  /** Two concurrent first ones may both find none: the loser replaces the other's. */
  async replace(backup: HistoryBackup): Promise<void> {
    const replace = () =>
      this.#transact(async (session) => {
        await this.#delete(backup.userId, session);
        await this.#backups.insertOne(toDocument(backup), { session });
      });
    try {
      await replace();
    } catch (error) {
      if (duplicateIndex(error) === null) throw error;
      await replace();
    }
  }

  async ofUser(userId: string): Promise<HistoryBackup | null> {
    return fromDocumentOrNull<HistoryBackup>(await this.#backups.findOne({ userId: eq(userId) }));
  }

  /** The write to the backup makes two puts collide, so that both are counted. */
  putPart(
    userId: string,
    part: HistoryBackupPart,
    { maxParts, now }: { maxParts: number; now: number },
  ): Promise<"stored" | "gone" | "full"> {
    return this.#transact(async (session) => {
      const backup = await this.#backups.findOne({ userId: eq(userId) }, { session });
      if (backup?._id !== part.backupId) return "gone";
      const _id = compoundKey(part.backupId, part.name);
      const added = await this.#parts.findOne({ _id: eq(_id) }, { session }) === null ? 1 : 0;
      if (backup.parts + added > maxParts) return "full";
      const moved = { $inc: { parts: added }, $set: { updatedAt: now } };
      await this.#backups.updateOne({ _id: eq(part.backupId) }, moved, { session });
      await this.#parts.replaceOne({ _id: eq(_id) }, part, { upsert: true, session });
      return "stored";
    });
  }

  async parts(
    backupId: string,
    after: string | null,
    limit: number,
  ): Promise<HistoryBackupPart[]> {
    const found = this.#parts.find({ backupId: eq(backupId), name: { $gt: eq(after ?? "") } })
      .sort({ name: 1 }).limit(limit);
    return (await found.toArray()).map(withoutKey<HistoryBackupPart>);
  }

  deleteOf(userId: string): Promise<boolean> {
    return this.#transact((session) => this.#delete(userId, session));
  }

  async #delete(userId: string, session: ClientSession): Promise<boolean> {
    const backup = await this.#backups.findOneAndDelete({ userId: eq(userId) }, { session });
    if (!backup) return false;
    await this.#parts.deleteMany({ backupId: eq(backup._id) }, { session });
    return true;
  }
}
