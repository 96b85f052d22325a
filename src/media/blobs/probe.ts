import type { BlobStore } from "./blob_store.ts";

/**
 * Milliseconds for which a successful write counts: probes are frequent, and writes are what a
 * bucket bills most for.
 */
const WRITTEN_TTL_MS = 60_000;
/** Milliseconds for which a successful read counts. */
const READ_TTL_MS = 10_000;
/** Milliseconds for which a failure counts. */
const FAILURE_TTL_MS = 5_000;
/** Placed among the uploads, so that a policy for their prefix covers it. No upload has this id. */
const KEY = "media/probe";
const TEXT = "Written by the health check of RealTimeChat; may be deleted.";

/**
 * Returns a check that replaces one small object now and then, and reads it more often. It rejects
 * if the store does not respond, rejects writes or reads, is full, or has no such bucket.
 * Concurrent calls share one check.
 */
export function blobProbe(
  blobs: Pick<BlobStore, "put" | "get">,
  now: () => number = () => performance.now(),
): () => Promise<void> {
  let last: Promise<void> | null = null;
  let until = Infinity;
  let writtenUntil = -Infinity;
  const ask = async () => {
    until = Infinity;
    let ttl = FAILURE_TTL_MS;
    try {
      if (now() >= writtenUntil) {
        await write(blobs);
        writtenUntil = now() + WRITTEN_TTL_MS;
      }
      await read(blobs);
      ttl = READ_TTL_MS;
    } catch (error) {
      writtenUntil = -Infinity;
      throw error;
    } finally {
      until = now() + ttl;
    }
  };
  return () => {
    if (last === null || now() >= until) last = ask();
    return last;
  };
}

async function write(blobs: Pick<BlobStore, "put">): Promise<void> {
  await blobs.put(KEY, new Blob([TEXT]).stream(), { contentType: "text/plain" });
}

async function read(blobs: Pick<BlobStore, "get">): Promise<void> {
  const found = await blobs.get(KEY);
  if (found === null) throw new Error("Cannot read the object that was just written");
  await found.body.cancel();
}
