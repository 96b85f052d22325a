import type { BlobStore } from "./blob_store.ts";

/** For this long a store that took a write counts as there: probes come often, and a bucket costs money by the call. */
const GOOD_FOR_MS = 60_000;
/** For this long one that did not counts as away. */
const BAD_FOR_MS = 5_000;
/** Among the uploads, so that a policy for their prefix covers it. No upload has this id. */
const KEY = "media/probe";
const TEXT = "Written by the health check of RealTimeChat; may be deleted.";

/**
 * Returns a check that replaces one small object and reads it. It rejects where the store does not answer,
 * refuses to write or to read, is full, or has no such bucket. Calls while one is under way share it.
 */
export function blobProbe(
  blobs: Pick<BlobStore, "put" | "get">,
  now: () => number = () => performance.now(),
): () => Promise<void> {
  let last: Promise<void> | null = null;
  let until = Infinity;
  const ask = async () => {
    until = Infinity;
    let goodFor = BAD_FOR_MS;
    try {
      await writeAndRead(blobs);
      goodFor = GOOD_FOR_MS;
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
  if (found === null) throw new Error("The object that was written is not there");
  await found.body.cancel();
}
