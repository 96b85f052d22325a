import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Media } from "../model/media.ts";
import type { Store } from "../store/store.ts";
import type { BlobStore } from "./blobs/blob_store.ts";
import type { Leases } from "./lease.ts";
import { fileKey, type MediaLimits, thumbnailKey } from "./media_rules.ts";

/** What still carries an upload that is being deleted. */
export interface MediaReferences {
  /** Takes the upload out of messages, profiles and groups. */
  remove(media: Media): Promise<void>;
}

const TICK_MS = 60_000;
const NUDGE_MS = 20;
const HOUR_MS = 3_600_000;
const PAGE = 100;

/**
 * Removes what nothing needs: uploads that were never finished or never used, and those whose last
 * message was deleted. Everything it does can be repeated, so that neither a crash in the middle nor a
 * second instance at the same work does harm.
 */
export class MediaSweeper {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> = Promise.resolve();
  #nextBlobSweep = 0;
  #nudged = false;
  #ticking = false;
  #closed = false;

  constructor(
    private readonly store: Pick<Store, "media" | "users" | "leases">,
    private readonly blobs: BlobStore,
    private readonly references: MediaReferences,
    private readonly leases: Leases,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly limits: MediaLimits,
  ) {}

  /** Goes over everything now and then. */
  start(): void {
    if (!this.#nudged) this.#schedule(TICK_MS);
  }

  /** Something has just lost an upload. A round that is under way is followed by another. */
  nudge(): void {
    if (this.#nudged) return;
    this.#nudged = true;
    if (!this.#ticking) this.#schedule(NUDGE_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** One round; answers how many uploads were removed, or null when another instance is at it. */
  async sweep(): Promise<number | null> {
    const held = await this.leases.hold("media sweep", async () => {
      let removed = 0;
      for (let found = PAGE; found === PAGE && !this.#closed;) {
        const due = await this.store.media.due(this.clock.now(), PAGE);
        found = due.length;
        for (const media of due) if (await this.#look(media)) removed++;
      }
      await this.#sweepBlobs();
      return removed;
    });
    return held && held.value;
  }

  /** Of an upload that is `deleting`. Bytes go before the row, which is what remembers them. */
  async purge(media: Media): Promise<void> {
    await this.references.remove(media);
    // No row can come to share them any more: only what is ready is shared, and this one is not.
    if (!await this.store.media.isBlobUsed(media.blobId)) {
      await this.blobs.delete(fileKey(media.blobId));
      await this.blobs.delete(thumbnailKey(media.blobId));
    }
    if (media.upload?.method === "tus") await this.blobs.abortUpload(media.upload);
    if (media.upload?.method === "put") await this.blobs.delete(media.upload.key);
    await this.store.media.remove(media.id);
  }

  /** True if it is gone. One that cannot be removed goes to the end of the line, and throws. */
  async #look(media: Media): Promise<boolean> {
    if (media.status === "ready" && await this.#isNeeded(media)) {
      // Looked at again in a day, rather than never: someone may be taking it away right now.
      const checkAt = this.clock.now() + 24 * HOUR_MS;
      await this.store.media.update(media.id, "ready", { checkAt });
      return false;
    }
    if (
      media.status !== "deleting" && !await this.store.media.markDeleting(media.id, media.checkAt!)
    ) {
      return false;
    }
    try {
      await this.purge(media);
    } catch (error) {
      const checkAt = this.clock.now() + HOUR_MS;
      await this.store.media.update(media.id, "deleting", { checkAt });
      throw error;
    }
    return true;
  }

  async #isNeeded(media: Media): Promise<boolean> {
    if (media.uses > 0) return true;
    return (await this.store.users.byId(media.ownerId))?.avatarMediaId === media.id;
  }

  async #sweepBlobs(): Promise<void> {
    const now = this.clock.now();
    if (now < this.#nextBlobSweep) return;
    this.#nextBlobSweep = now + HOUR_MS;
    // Not before the rows of resumable uploads, which end as long after the last piece.
    await this.blobs.sweep(now - this.limits.unusedMediaMs - HOUR_MS);
    await this.store.leases.purge(now - HOUR_MS);
  }

  #schedule(ms: number): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#running = this.#tick();
    }, ms);
    Deno.unrefTimer(this.#timer);
  }

  async #tick(): Promise<void> {
    this.#nudged = false;
    this.#ticking = true;
    let again = TICK_MS;
    try {
      // Another instance, which may be past what this nudge is about.
      if (await this.sweep() === null) again = 1_000;
    } catch (error) {
      this.log.warn("Sweeping uploads failed; it is tried again", { error });
    }
    this.#ticking = false;
    this.#schedule(this.#nudged ? NUDGE_MS : again);
  }
}
