import type { Media, MediaStatus } from "../model/media.ts";

/** What may change of an upload; `uses` is changed by `ChatStore.commit` alone. */
export type MediaPatch = Partial<Omit<Media, "id" | "ownerId" | "createdAt" | "uses">>;

export interface MediaStore {
  /** Throws `DuplicateKey("id")` when it exists. */
  create(media: Media): Promise<void>;
  byId(id: string): Promise<Media | null>;
  /** Those that exist, once each, in no particular order. */
  byIds(ids: string[]): Promise<Media[]>;
  /** In order of id, ids after `after` only. */
  ofOwner(ownerId: string, after: string | null, limit: number): Promise<Media[]>;
  /** Sets the fields given if it still has this status, and answers the row as it now is; else null. */
  update(id: string, status: MediaStatus, patch: MediaPatch): Promise<Media | null>;
  /** Those whose `checkAt` has come, the longest due first. */
  due(now: number, limit: number): Promise<Media[]>;
  /**
   * Makes a row `deleting` that nothing uses, if nobody has touched it since it was read with this
   * `checkAt`; false, and nothing changed, otherwise.
   */
  condemn(id: string, checkAt: number): Promise<boolean>;
  /** Forgets the row; what is not there is forgotten already. */
  remove(id: string): Promise<void>;
}
