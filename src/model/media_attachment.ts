export type MediaKind = "image" | "video" | "audio" | "file";

/**
 * What a message says of a file that it carries. It is copied into the message when it is sent (a
 * finished upload never changes), so that reading a history needs no second look-up.
 */
export interface MediaAttachment {
  id: string;
  kind: MediaKind;
  /** The media type found in the bytes, or `application/octet-stream` for ciphertext. */
  type: string;
  name: string;
  /** Bytes. */
  size: number;
  /** Pixels; null for what has none. */
  width: number | null;
  height: number | null;
  /** ThumbHash in base64; null for what has no picture. */
  thumbHash: string | null;
}
