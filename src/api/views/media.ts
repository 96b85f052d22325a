import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { toTimestamp } from "../../core/clock.ts";
import type { Media } from "../../model/media.ts";
import { timestamp, userId } from "../fields.ts";
import { MediaAttachmentView } from "./message.ts";

export const MediaView = lazy(() =>
  MediaAttachmentView().extend({
    ownerId: userId,
    encrypted: z.boolean().describe("Ciphertext of an encrypted chat, kept as it came"),
    sha256: z.string().describe("Of the bytes as they are served, in hex"),
    hasThumbnail: z.boolean(),
    createdAt: timestamp,
  }).meta({ id: "Media", description: "A finished upload" })
);

export type MediaView = z.infer<ReturnType<typeof MediaView>>;

export function mediaView(media: Media): MediaView {
  const { id, kind, type, name, size, width, height, thumbHash } = media;
  const { ownerId, encrypted, sha256, thumbnailSize } = media;
  return {
    id,
    kind,
    type,
    name,
    size,
    width,
    height,
    thumbHash,
    ownerId,
    encrypted,
    sha256,
    hasThumbnail: thumbnailSize !== null,
    createdAt: toTimestamp(media.createdAt),
  };
}
