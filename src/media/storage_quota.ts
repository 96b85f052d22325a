import { AppError } from "../core/errors.ts";
import type { StorageQuota } from "../store/media_store.ts";
import { QuotaExceeded } from "../store/store.ts";
import type { MediaLimits } from "./media_rules.ts";

export function quotaOf({ storageBytes, openUploads }: MediaLimits): StorageQuota {
  return { bytes: storageBytes, openUploads };
}

/** Runs a write to the media store that may exceed the quota, which becomes `quota_exceeded`. */
export async function withinQuota<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof QuotaExceeded) throw quotaExceeded(error);
    throw error;
  }
}

function quotaExceeded({ usage, quota }: QuotaExceeded): AppError {
  if (usage.bytes > quota.bytes) {
    const detail =
      `Cannot store the file: your files would take ${usage.bytes} bytes, and ${quota.bytes} are ` +
      "allowed; delete files that you no longer need";
    return new AppError("quota_exceeded", detail);
  }
  const detail =
    `Cannot start an upload: you have ${quota.openUploads} unfinished uploads, which is the ` +
    "limit; finish or cancel one first";
  return new AppError("quota_exceeded", detail);
}
