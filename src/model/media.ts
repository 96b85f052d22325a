import type { MediaAttachment } from "./media_attachment.ts";

/**
 * `pending`: its bytes are on their way. `ready`: finished, and never changed again. `deleting`:
 * gone for everyone, while its bytes are being removed.
 */
export type MediaStatus = "pending" | "ready" | "deleting";

/** Ways of receiving bytes other than with the request that created the row. */
export type MediaUpload =
  /** Resumable, by tus: the handle of the partial upload. */
  | { method: "tus"; key: string; id: string }
  /**
   * Sent straight to the store by a signed URL, which works until then; also kept after it is done.
   */
  | { method: "put"; key: string; until: number };

/** Headers that a tus client sent when it created the upload. */
export interface TusDetails {
  /** The header Upload-Metadata as it came, which HEAD returns; empty without one. */
  metadata: string;
  /** The header Upload-Concat: `partial`, `final;` and the parts, or empty. */
  concat: string;
}

/** An upload: the fields that messages show, and the server's bookkeeping. */
export interface Media extends MediaAttachment {
  ownerId: string;
  /**
   * Where the bytes are; its own id, or that of the upload that it shares them with (see
   * `MediaSharing`).
   */
  blobId: string;
  status: MediaStatus;
  /** Ciphertext for an encrypted chat, kept as it came. */
  encrypted: boolean;
  /** In lower-case hex, of the bytes as they are served; empty while pending. */
  sha256: string;
  /** Bytes; null where there is none. */
  thumbnailSize: number | null;
  /** How often messages and group pictures carry it; kept by `ChatStore.commit`. */
  uses: number;
  /** When to check whether it is still in use; null while it is. */
  checkAt: number | null;
  upload: MediaUpload | null;
  /** Null for uploads by other ways, and for those before this field existed. */
  tus: TusDetails | null;
  createdAt: number;
}

/** Storage used by one user's uploads. */
export interface StorageUsage {
  /** Declared sizes of open uploads included. */
  bytes: number;
  /** Uploads that are `pending`. */
  openUploads: number;
}

/**
 * Bytes that an upload counts for its owner. One that is being deleted is free at once, unless a
 * signed URL can still write to its staging key.
 */
export function countedBytes({ status, size, upload }: Pick<Media, "status" | "size" | "upload">) {
  return status !== "deleting" || upload?.method === "put" ? size : 0;
}
