import { withDeadline } from "../core/deadline.ts";
import { rateLimited } from "../core/errors.ts";
import type { BlobStore } from "./blobs/blob_store.ts";
import { OpenDownload } from "./open_download.ts";

/** Limits of one instance; times in milliseconds. */
export interface DownloadLimits {
  /** Maximum number of downloads of one person at a time. */
  perPerson: number;
  /** Maximum number of downloads of all people at a time. */
  total: number;
  /** Maximum number of one person's requests that wait for another download to end. */
  waiting: number;
  waitMs: number;
  /** A download not read from for this long may be cut to make room for another. */
  idleMs: number;
  /** A download not read from for this long is cut by the next one. */
  abandonedMs: number;
}

export const DOWNLOAD_LIMITS: Readonly<DownloadLimits> = Object.freeze({
  perPerson: 16,
  total: 500,
  waiting: 100,
  waitMs: 30_000,
  idleMs: 5_000,
  abandonedMs: 120_000,
});

/** A waiting request looks again this often, in ms, whether a download has become idle. */
const LOOK_MS = 500;

/**
 * Bounds the downloads that are open at a time: each holds a file or a connection to S3, and up to
 * some megabytes, for as long as its client likes. One that is not read gives way to others, at no
 * harm: a player that is paused asks for the rest by its range.
 */
export class OpenDownloads {
  readonly #open = new Set<OpenDownload>();
  readonly #waiting = new Map<string, number>();
  #ended = Promise.withResolvers<void>();

  constructor(
    private readonly blobs: Pick<BlobStore, "get">,
    private readonly limits: DownloadLimits = DOWNLOAD_LIMITS,
  ) {}

  /** Returns a view of the blobs in which each read counts as a download of this person. */
  of(userId: string): Pick<BlobStore, "get"> {
    return {
      get: async (key, range) => {
        const download = await this.#enter(userId);
        try {
          const content = await this.blobs.get(key, range);
          if (content) return { ...content, body: download.start(content.body) };
        } catch (error) {
          download.end();
          throw error;
        }
        download.end();
        return null;
      },
    };
  }

  async #enter(userId: string): Promise<OpenDownload> {
    this.#cutAbandoned();
    return this.#tryEnter(userId) ?? await this.#waitForRoom(userId);
  }

  #tryEnter(userId: string): OpenDownload | null {
    if (!this.#hasRoom(userId)) return null;
    const download = new OpenDownload(userId, () => {
      this.#open.delete(download);
      this.#ended.resolve();
      this.#ended = Promise.withResolvers();
    });
    this.#open.add(download);
    return download;
  }

  async #waitForRoom(userId: string): Promise<OpenDownload> {
    const { waiting, waitMs } = this.limits;
    const count = this.#waiting.get(userId) ?? 0;
    if (count >= waiting) throw tooMany(waitMs);
    this.#waiting.set(userId, count + 1);
    try {
      for (const start = performance.now(); performance.now() - start < waitMs;) {
        await withDeadline(this.#ended.promise, LOOK_MS).catch(() => {});
        const download = this.#tryEnter(userId);
        if (download) return download;
      }
    } finally {
      const left = this.#waiting.get(userId)! - 1;
      if (left > 0) this.#waiting.set(userId, left);
      else this.#waiting.delete(userId);
    }
    throw tooMany(waitMs);
  }

  /** Cuts one idle download where there would be no room. */
  #hasRoom(userId: string): boolean {
    const own = [...this.#open].filter((download) => download.userId === userId);
    if (own.length >= this.limits.perPerson) return this.#cutIdle(own);
    return this.#open.size < this.limits.total || this.#cutIdle([...this.#open]);
  }

  #cutIdle(downloads: OpenDownload[]): boolean {
    const [longest] = downloads.sort((a, b) => b.idleMs - a.idleMs);
    if (longest.idleMs < this.limits.idleMs) return false;
    longest.cut();
    return true;
  }

  #cutAbandoned(): void {
    for (const download of this.#open) {
      if (download.idleMs >= this.limits.abandonedMs) download.cut();
    }
  }
}

function tooMany(retryAfterMs: number): Error {
  return rateLimited("Cannot download: too many downloads are open already", retryAfterMs);
}
