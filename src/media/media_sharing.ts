import type { Clock } from "../core/clock.ts";
import { newId } from "../core/ids.ts";
import type { Media } from "../model/media.ts";
import type { Store } from "../store/store.ts";
import type { MediaLimits } from "./media_rules.ts";
import { quotaOf, withinQuota } from "./storage_quota.ts";

/**
 * Gives people an upload of their own with the bytes of one that they were sent, so that they can send it
 * on: nothing is copied, each row is deleted by its owner, and the bytes go with the last of them. They
 * count for everyone who has such a row, once, however often it is sent on.
 */
export class MediaSharing {
  constructor(
    private readonly store: Pick<Store, "media">,
    private readonly clock: Clock,
    private readonly limits: MediaLimits,
  ) {}

  /** The caller may see `source`. Null if it was deleted meanwhile; throws `quota_exceeded`. */
  async shareOf(userId: string, source: Media): Promise<Media | null> {
    const earlier = await this.store.media.sharedBy(userId, source.blobId);
    if (earlier) return earlier;
    const now = this.clock.now();
    const checkAt = now + this.limits.unusedMediaMs;
    const own = { id: newId(), ownerId: userId, uses: 0, checkAt, createdAt: now };
    const media: Media = { ...source, ...own, upload: null, tus: null };
    const quota = quotaOf(this.limits);
    const made = await withinQuota(this.store.media.createShared(media, source.id, quota));
    return made ? media : null;
  }
}
