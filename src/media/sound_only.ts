import type { BlobStore } from "./blobs/blob_store.ts";
import type { FileType } from "./file_type.ts";
import { mp4Tracks } from "./tracks_mp4.ts";

/**
 * Containers whose first bytes do not tell whether they contain video, and their type if they do
 * not.
 */
const SOUND_ONLY: Record<string, FileType> = {
  "video/mp4": { contentType: "audio/mp4", kind: "audio", extension: ".m4a" },
  "video/3gpp": { contentType: "audio/3gpp", kind: "audio", extension: ".3gp" },
};

/**
 * Returns the type of a stored file, once all of it is stored: a phone's voice message is in a
 * video container whose track list may come last.
 */
export async function typeByTracks(
  type: FileType,
  blobs: Pick<BlobStore, "get">,
  key: string,
  size: number,
): Promise<FileType> {
  const sound = SOUND_ONLY[type.contentType];
  if (!sound) return type;
  const tracks = await mp4Tracks(
    (offset, length) => readAt(blobs, key, size, offset, length),
    size,
  );
  return tracks === "audio" ? sound : type;
}

async function readAt(
  blobs: Pick<BlobStore, "get">,
  key: string,
  size: number,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  if (offset >= size) return new Uint8Array();
  const content = await blobs.get(key, { start: offset, end: offset + length - 1 });
  return content
    ? new Uint8Array(await new Response(content.body).arrayBuffer())
    : new Uint8Array();
}
