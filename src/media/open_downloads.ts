import { OpenBodies } from "../core/open_bodies.ts";
import type { BlobStore } from "./blobs/blob_store.ts";

/** Far below the connections that the SDK of S3 opens: each download of a file holds one. */
const LIMITS = {
  perPerson: 16,
  total: 500,
  waiting: 100,
  waitMs: 30_000,
  idleMs: 5_000,
  abandonedMs: 120_000,
};

/**
 * Bounds the files that are being downloaded at a time. To cut one that is not read harms nothing:
 * a player that is paused asks for the rest by its range.
 */
export class OpenDownloads {
  readonly #bodies: OpenBodies;

  /** `onMissing` is called with the key of a blob that should be there and is not. */
  constructor(
    private readonly blobs: Pick<BlobStore, "get">,
    private readonly onMissing: (key: string) => void = () => {},
    limits = LIMITS,
  ) {
    this.#bodies = new OpenBodies("Cannot download", limits);
  }

  /** Returns a view of the blobs in which each read counts as a download of this person. */
  of(userId: string): Pick<BlobStore, "get"> {
    return {
      get: async (key, range) => {
        const open = await this.#bodies.enter(userId);
        try {
          const content = await this.blobs.get(key, range);
          if (content) return { ...content, body: open.start(content.body) };
        } catch (error) {
          open.end();
          throw error;
        }
        open.end();
        this.onMissing(key);
        return null;
      },
    };
  }
}
