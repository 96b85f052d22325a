import type { Clock } from "../core/clock.ts";
import { newId } from "../core/ids.ts";
import type { Media } from "../model/media.ts";
import type { Store } from "../store/store.ts";
import type { MediaLimits } from "./media_rules.ts";
import { quotaOf, withinQuota } from "./storage_quota.ts";

/**
 * Creates uploads for users with the bytes of uploads that they received, so that they can send
 * them on: nothing is copied, each row is deleted by its owner, and the bytes are deleted with
 * the last row. They count towards the quota of every user with such a row, once, however often
 * they are sent on.
 */
export class MediaSharing {
  constructor(
    private readonly store: Pick<Store, "media">,
    private readonly clock: Clock,
    private readonly limits: MediaLimits,
  ) {}

  /**
   * The caller may see `source`. Returns null if it was deleted meanwhile; throws `quota_exceeded`.
   */
  async shareOf(userId: string, source: Media): Promise<Media | null> {
    const earlier = await this.store.media.sharedBy(userId, source.blobId);
    if (earlier) return earlier;
    const now = this.clock.now();
    const checkAt = now + this.limits.unusedMediaMs;
    const own = { id: newId(), ownerId: userId, uses: 0, checkAt, createdAt: now };
    const media: Media = { ...source, ...own, upload: null, tus: null };
    const quota = quotaOf(this.limits);
    const created = await withinQuota(this.store.media.createShared(media, source.id, quota));
    return created ? media : null;
  }
}
