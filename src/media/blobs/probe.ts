import type { BlobStore } from "./blob_store.ts";

/**
 * Milliseconds for which a successful write counts: probes are frequent, and a bucket is billed per
 * call.
 */
const SUCCESS_TTL_MS = 60_000;
/** Milliseconds for which a failed write counts. */
const FAILURE_TTL_MS = 5_000;
/** Placed among the uploads, so that a policy for their prefix covers it. No upload has this id. */
const KEY = "media/probe";
const TEXT = "Written by the health check of RealTimeChat; may be deleted.";

/**
 * Returns a check that replaces one small object and reads it. It rejects if the store does not
 * respond, rejects writes or reads, is full, or has no such bucket. Concurrent calls share one
 * check.
 */
export function blobProbe(
  blobs: Pick<BlobStore, "put" | "get">,
  now: () => number = () => performance.now(),
): () => Promise<void> {
  let last: Promise<void> | null = null;
  let until = Infinity;
  const ask = async () => {
    until = Infinity;
    let goodFor = FAILURE_TTL_MS;
    try {
      await writeAndRead(blobs);
      goodFor = SUCCESS_TTL_MS;
    } finally {
      until = now() + goodFor;
    }
  };
  return () => {
    if (last === null || now() >= until) last = ask();
    return last;
  };
}

async function writeAndRead(blobs: Pick<BlobStore, "put" | "get">): Promise<void> {
  await blobs.put(KEY, new Blob([TEXT]).stream(), { contentType: "text/plain" });
  const found = await blobs.get(KEY);
  if (found === null) throw new Error("Cannot read the object that was just written");
  await found.body.cancel();
}
