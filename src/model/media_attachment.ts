export type MediaKind = "image" | "video" | "audio" | "file";

/**
 * A file as a message describes it. It is copied into the message when it is sent (a
 * finished upload never changes), so that reading a history needs no second query.
 */
export interface MediaAttachment {
  id: string;
  kind: MediaKind;
  /** The media type found in the bytes, or `application/octet-stream` for ciphertext. */
  type: string;
  name: string;
  /** Bytes. */
  size: number;
  /** Pixels; null for files without a picture. */
  width: number | null;
  height: number | null;
  /** ThumbHash in base64; null for files without a picture. */
  thumbHash: string | null;
}
