import {
  countedBytes,
  type Media,
  type MediaStatus,
  type StorageUsage,
} from "../../model/media.ts";
import type { MediaUse } from "../chat_store.ts";
import type { MediaPatch, MediaStore, StorageQuota } from "../media_store.ts";
import { checkQuota, MediaGone } from "../store.ts";
import type { Database } from "./database.ts";
import { mediaChanged } from "../webhook_events.ts";
import { Table } from "./table.ts";
import type { SqliteWebhookDeliveryStore } from "./webhook_deliveries.ts";

const MEDIA = new Table<Media>("media", {
  id: "value",
  ownerId: "value",
  blobId: "value",
  status: "value",
  kind: "value",
  type: "value",
  name: "value",
  size: "value",
  width: "value",
  height: "value",
  thumbHash: "value",
  encrypted: "boolean",
  sha256: "value",
  thumbnailSize: "value",
  uses: "value",
  checkAt: "value",
  upload: "json",
  tus: "json",
  createdAt: "value",
});

const FIELDS = (Object.keys(MEDIA.kinds) as (keyof Media)[]).filter((field) => field !== "uses");

export class SqliteMediaStore implements MediaStore {
  readonly #db: Database;

  constructor(db: Database, private readonly deliveries: SqliteWebhookDeliveryStore) {
    this.#db = db;
  }

  create(media: Media, quota?: StorageQuota): Promise<void> {
    return this.#db.write(() => this.#insert(media, quota));
  }

  createShared(media: Media, sourceId: string, quota: StorageQuota): Promise<boolean> {
    return this.#db.write(() => {
      const source = this.#row(sourceId);
      if (source?.status !== "ready" || source.blobId !== media.blobId) return false;
      this.#insert(media, quota);
      return true;
    });
  }

  sharedBy(ownerId: string, blobId: string): Promise<Media | null> {
    return this.#db.read(() =>
      MEDIA.decodeOrNull(this.#db.get(
        MEDIA.select("WHERE blobId = ? AND ownerId = ? AND status = 'ready' ORDER BY id LIMIT 1"),
        blobId,
        ownerId,
      ))
    );
  }

  isBlobUsed(blobId: string): Promise<boolean> {
    return this.#db.read(() =>
      this.#db.get(
        "SELECT 1 FROM media WHERE blobId = ? AND status <> 'deleting' LIMIT 1",
        blobId,
      ) !== undefined
    );
  }

  usage(ownerId: string): Promise<StorageUsage> {
    return this.#db.read(() => this.#usage(ownerId));
  }

  byId(id: string): Promise<Media | null> {
    return this.#db.read(() => this.#row(id));
  }

  byIds(ids: string[]): Promise<Media[]> {
    return this.#rows("WHERE id IN (SELECT value FROM json_each(?))", JSON.stringify(ids));
  }

  ofOwner(ownerId: string, after: string | null, limit: number): Promise<Media[]> {
    return this.#rows(
      "WHERE ownerId = ? AND id > ? ORDER BY id LIMIT 0 + ?",
      ownerId,
      after ?? "",
      limit,
    );
  }

  update(
    id: string,
    status: MediaStatus,
    patch: MediaPatch,
    quota?: StorageQuota,
  ): Promise<Media | null> {
    return this.#db.write(() => {
      const before = this.#row(id);
      if (before === null || before.status !== status) return null;
      const given = Object.entries(patch).filter(([, value]) => value !== undefined);
      const media = { ...before, ...Object.fromEntries(given) };
      this.#db.run(MEDIA.update(FIELDS, "id = ?"), ...MEDIA.bind(media, FIELDS), id);
      this.#check(media, countedBytes(media) - countedBytes(before), quota);
      this.deliveries.record(...mediaChanged(before, media));
      return media;
    });
  }

  due(now: number, limit: number): Promise<Media[]> {
    return this.#rows("WHERE checkAt <= ? ORDER BY checkAt, id LIMIT 0 + ?", now, limit);
  }

  markDeleting(id: string, checkAt: number): Promise<boolean> {
    return this.#db.write(() => {
      const before = this.#row(id);
      const sql = "UPDATE media SET status = 'deleting' WHERE id = ? AND uses <= 0 AND checkAt = ?";
      if (before === null || this.#db.run(sql, id, checkAt) === 0) return false;
      this.deliveries.record(...mediaChanged(before, { ...before, status: "deleting" }));
      return true;
    });
  }

  remove(id: string): Promise<void> {
    return this.#db.write(() => {
      const before = this.#row(id);
      if (before === null) return;
      this.#db.run("DELETE FROM media WHERE id = ?", id);
      this.deliveries.record(...mediaChanged(before, null));
    });
  }

  /** Runs within the caller's transaction. */
  use({ mediaId, by }: MediaUse, now: number): void {
    const changed = by > 0
      ? this.#db.run(
        "UPDATE media SET uses = uses + ?, checkAt = NULL WHERE id = ? AND status = 'ready'",
        by,
        mediaId,
      )
      : this.#db.run(
        "UPDATE media SET uses = uses + ?, checkAt = ? WHERE id = ?",
        by,
        now,
        mediaId,
      );
    if (by > 0 && changed === 0) throw new MediaGone(mediaId);
  }

  /** Triggers count the usage (see the step "storage usage"); a duplicate throws. */
  #insert(media: Media, quota?: StorageQuota): void {
    this.#db.run(MEDIA.insert, ...MEDIA.bind(media));
    this.#check(media, countedBytes(media), quota);
    this.deliveries.record(...mediaChanged(null, media));
  }

  #check({ ownerId, status }: Media, bytes: number, quota?: StorageQuota): void {
    if (quota === undefined) return;
    const openUploads = status === "pending" ? 1 : 0;
    checkQuota({ bytes, openUploads }, this.#usage(ownerId), quota);
  }

  #usage(ownerId: string): StorageUsage {
    const row = this.#db.get(
      "SELECT bytes, openUploads FROM storage_usage WHERE userId = ?",
      ownerId,
    );
    return { bytes: Number(row?.bytes ?? 0), openUploads: Number(row?.openUploads ?? 0) };
  }

  #row(id: string): Media | null {
    return MEDIA.decodeOrNull(this.#db.get(MEDIA.select("WHERE id = ?"), id));
  }

  #rows(rest: string, ...values: (string | number)[]): Promise<Media[]> {
    return this.#db.read(() =>
      this.#db.all(MEDIA.select(rest), ...values).map((raw) => MEDIA.decode(raw))
    );
  }
}
