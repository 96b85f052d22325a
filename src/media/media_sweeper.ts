import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Media } from "../model/media.ts";
import type { Store } from "../store/store.ts";
import type { BlobStore } from "./blobs/blob_store.ts";
import type { Leases } from "./lease.ts";
import { fileKey, type MediaLimits, thumbnailKey } from "./media_rules.ts";

/** Removes the references to an upload that is being deleted. */
export interface MediaReferences {
  /** Removes the upload from messages, profiles and groups. */
  remove(media: Media): Promise<void>;
}

const TICK_MS = 60_000;
const NUDGE_MS = 20;
const HOUR_MS = 3_600_000;
const PAGE = 100;

export interface MediaSweeperOptions {
  store: Pick<Store, "media" | "users" | "leases">;
  blobs: BlobStore;
  references: MediaReferences;
  leases: Leases;
  clock: Clock;
  log: Log;
  limits: MediaLimits;
}

/**
 * Removes unneeded uploads: those that were never finished or never used, and those whose last
 * message was deleted. Every step can be repeated, so that neither a crash in the middle nor a
 * second instance at work does harm.
 */
export class MediaSweeper {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> = Promise.resolve();
  #nextBlobSweep = 0;
  #nudged = false;
  #ticking = false;
  #closed = false;

  constructor(private readonly options: MediaSweeperOptions) {}

  /** Starts the periodic sweeps. */
  start(): void {
    if (!this.#nudged) this.#schedule(TICK_MS);
  }

  /** Called after an upload lost a reference. A round in progress is followed by another. */
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

  /**
   * Runs one round; returns the number of removed uploads, or null if another instance is sweeping.
   */
  async sweep(): Promise<number | null> {
    const result = await this.options.leases.hold("media sweep", async () => {
      let removed = 0;
      for (let found = PAGE; found === PAGE && !this.#closed;) {
        const due = await this.options.store.media.due(this.options.clock.now(), PAGE);
        found = due.length;
        for (const media of due) if (await this.#check(media)) removed++;
      }
      await this.#sweepBlobs();
      return removed;
    });
    return result && result.value;
  }

  /**
   * Deletes an upload that is `deleting`. The bytes go before the row, which is the only reference
   * to them.
   */
  async purge(media: Media): Promise<void> {
    await this.options.references.remove(media);
    // No new row can share the bytes any more: only ready uploads are shared, and this one is not.
    if (!await this.options.store.media.isBlobUsed(media.blobId)) {
      await this.options.blobs.delete(fileKey(media.blobId));
      await this.options.blobs.delete(thumbnailKey(media.blobId));
    }
    if (media.upload?.method === "tus") await this.options.blobs.abortUpload(media.upload);
    if (media.upload?.method === "put") await this.options.blobs.delete(media.upload.key);
    await this.options.store.media.remove(media.id);
  }

  /**
   * Returns true if the upload was removed. One that cannot be removed is moved to the end of the
   * queue, and its error is thrown.
   */
  async #check(media: Media): Promise<boolean> {
    if (media.status === "ready" && await this.#isNeeded(media)) {
      // Checked again in a day rather than never: its last reference may be disappearing right now.
      const checkAt = this.options.clock.now() + 24 * HOUR_MS;
      await this.options.store.media.update(media.id, "ready", { checkAt });
      return false;
    }
    if (
      media.status !== "deleting" &&
      !await this.options.store.media.markDeleting(media.id, media.checkAt!)
    ) {
      return false;
    }
    try {
      await this.purge(media);
    } catch (error) {
      const checkAt = this.options.clock.now() + HOUR_MS;
      await this.options.store.media.update(media.id, "deleting", { checkAt });
      throw error;
    }
    return true;
  }

  async #isNeeded(media: Media): Promise<boolean> {
    if (media.uses > 0) return true;
    return (await this.options.store.users.byId(media.ownerId))?.avatarMediaId === media.id;
  }

  async #sweepBlobs(): Promise<void> {
    const now = this.options.clock.now();
    if (now < this.#nextBlobSweep) return;
    this.#nextBlobSweep = now + HOUR_MS;
    // Not before the rows of resumable uploads, which expire this long after their last piece.
    await this.options.blobs.sweep(now - this.options.limits.unusedMediaMs - HOUR_MS);
    await this.options.store.leases.purge(now - HOUR_MS);
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
    let delayMs = TICK_MS;
    try {
      // Another instance is sweeping, and may be past the upload that this nudge is about.
      if (await this.sweep() === null) delayMs = 1_000;
    } catch (error) {
      this.options.log.warn("Upload sweep failed; it is retried", { error });
    }
    this.#ticking = false;
    this.#schedule(this.#nudged ? NUDGE_MS : delayMs);
  }
}
