import type { Media, MediaStatus, StorageUsage } from "../model/media.ts";

/** What may change of an upload; `uses` is changed by `ChatStore.commit` alone. */
export type MediaPatch = Partial<Omit<Media, "id" | "ownerId" | "blobId" | "createdAt" | "uses">>;

/**
 * What a write may bring its owner to. The usage (see `countedBytes`) is counted in the transaction of the
 * write: one that adds bytes or an open upload and would pass the quota throws `QuotaExceeded`, and writes
 * nothing. Writes without a quota are counted too.
 */
export type StorageQuota = StorageUsage;

export interface MediaStore {
  /** Throws `DuplicateKey("id")` when it exists. */
  create(media: Media, quota?: StorageQuota): Promise<void>;
  /**
   * Creates `media`, which shares the bytes of `blobId`, if the row `sourceId` has those bytes and is still
   * `ready`; false, and nothing written, otherwise.
   */
  createShared(media: Media, sourceId: string, quota: StorageQuota): Promise<boolean>;
  /** The owner's `ready` row with these bytes, or null. */
  sharedBy(ownerId: string, blobId: string): Promise<Media | null>;
  /** True if a row that is not `deleting` has these bytes. */
  isBlobUsed(blobId: string): Promise<boolean>;
  /** Zeros for someone who has no uploads. */
  usage(ownerId: string): Promise<StorageUsage>;
  byId(id: string): Promise<Media | null>;
  /** Those that exist, once each, in no particular order. */
  byIds(ids: string[]): Promise<Media[]>;
  /** In order of id, ids after `after` only. */
  ofOwner(ownerId: string, after: string | null, limit: number): Promise<Media[]>;
  /** Sets the fields given if it still has this status, and answers the row as it now is; else null. */
  update(
    id: string,
    status: MediaStatus,
    patch: MediaPatch,
    quota?: StorageQuota,
  ): Promise<Media | null>;
  /** Those whose `checkAt` has come, the longest due first. */
  due(now: number, limit: number): Promise<Media[]>;
  /**
   * Makes a row `deleting` that nothing uses, if nobody has touched it since it was read with this
   * `checkAt`; false, and nothing changed, otherwise.
   */
  markDeleting(id: string, checkAt: number): Promise<boolean>;
  /** Forgets the row; what is not there is forgotten already. */
  remove(id: string): Promise<void>;
}
