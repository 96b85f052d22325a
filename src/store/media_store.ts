import type { Media, MediaStatus, StorageUsage } from "../model/media.ts";

/** Fields of an upload that may change; only `ChatStore.commit` changes `uses`. */
export type MediaPatch = Partial<Omit<Media, "id" | "ownerId" | "blobId" | "createdAt" | "uses">>;

/**
 * Maximum usage that a write may bring its owner to. The usage (see `countedBytes`) is counted in
 * the transaction of the write: one that adds bytes or an open upload and would exceed the quota
 * throws `QuotaExceeded`, and writes nothing. Writes without a quota are counted too.
 */
export type StorageQuota = StorageUsage;

export interface MediaStore {
  /** Throws `DuplicateKey("id")` when it exists. */
  create(media: Media, quota?: StorageQuota): Promise<void>;
  /**
   * Creates `media`, which shares the bytes of `blobId`, if the row `sourceId` has those bytes and
   * is still `ready`; otherwise returns false and writes nothing.
   */
  createShared(media: Media, sourceId: string, quota: StorageQuota): Promise<boolean>;
  /** The owner's `ready` row with these bytes, or null. */
  sharedBy(ownerId: string, blobId: string): Promise<Media | null>;
  /** True if a row that is not `deleting` has these bytes. */
  isBlobUsed(blobId: string): Promise<boolean>;
  /** Zeros for a user without uploads. */
  usage(ownerId: string): Promise<StorageUsage>;
  byId(id: string): Promise<Media | null>;
  /** Uploads that exist, once each, in no particular order. */
  byIds(ids: string[]): Promise<Media[]>;
  /** In order of id, ids after `after` only. */
  ofOwner(ownerId: string, after: string | null, limit: number): Promise<Media[]>;
  /**
   * Sets the given fields if the row still has this status, and returns the updated row; otherwise
   * null.
   */
  update(
    id: string,
    status: MediaStatus,
    patch: MediaPatch,
    quota?: StorageQuota,
  ): Promise<Media | null>;
  /** Uploads whose `checkAt` has come, the longest due first. */
  due(now: number, limit: number): Promise<Media[]>;
  /**
   * Marks an unused row as `deleting`, if its `checkAt` is still the given one; otherwise returns
   * false and changes nothing.
   */
  markDeleting(id: string, checkAt: number): Promise<boolean>;
  /** Deletes the row; does nothing if it is missing. */
  remove(id: string): Promise<void>;
}
