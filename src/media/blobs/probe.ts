import type { BlobStore } from "./blob_store.ts";

/** For this long a store that answered counts as there: probes come often, and each call of a bucket costs money. */
const KEEP_MS = 30_000;
/** A key under which nothing is ever stored. */
const KEY = "probe/nothing";

/**
 * Rejects where the store does not answer, refuses the keys, or has no such bucket (which reading an object
 * tells, and asking for its head does not). Calls while one is under way share it; a failure is not kept.
 */
export function blobProbe(
  blobs: Pick<BlobStore, "get">,
  now: () => number = () => performance.now(),
): () => Promise<void> {
  let goodUntil = -Infinity;
  let asking: Promise<void> | null = null;
  const ask = async () => {
    const found = await blobs.get(KEY);
    await found?.body.cancel();
    goodUntil = now() + KEEP_MS;
  };
  return async () => {
    if (now() < goodUntil) return;
    await (asking ??= ask().finally(() => asking = null));
  };
}
