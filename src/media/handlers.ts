import { toTimestamp } from "../core/clock.ts";
import { bind, type Bound } from "../operations/handler.ts";
import { mediaView } from "../api/views/media.ts";
import type { MediaServices } from "./create_media.ts";
import * as operations from "../api/operations/media.ts";

export function mediaHandlers({ access, library, links, direct }: MediaServices): Bound[] {
  return [
    bind(operations.getStorageUsage, async ({ userId }) => await library.usage(userId)),
    bind(operations.getMedia, async ({ userId }, { mediaId }) => {
      return mediaView(await access.require(userId, mediaId));
    }),
    bind(operations.deleteMedia, async ({ userId }, { mediaId }) => {
      await library.delete(userId, mediaId);
    }),
    bind(operations.linkMedia, async (caller, { mediaId }) => {
      await access.require(caller.userId, mediaId);
      const { url, expiresAt } = links.make(mediaId, caller);
      return { url, expiresAt: toTimestamp(expiresAt) };
    }),
    bind(operations.presignMedia, async ({ userId }, plan) => {
      const ticket = await direct.presign(userId, plan);
      return { ...ticket, expiresAt: toTimestamp(ticket.expiresAt) };
    }),
    bind(operations.completeMedia, async ({ userId }, { mediaId }) => {
      return mediaView(await direct.complete(userId, mediaId));
    }),
  ];
}
