import { AppError, quote } from "../../core/errors.ts";

/**
 * Short enough that a key with every `/` written `%2F` is a file name (255 bytes on every Linux
 * file system).
 */
const MAX_KEY_LENGTH = 120;

/**
 * Segments of `a-z 0-9 . _ -`, none of them starting with a dot. This excludes `..`, hidden files,
 * and characters that two file systems fold or decode differently; names that start with a dot are
 * reserved for internal use by the adapters.
 */
const KEY = /^[a-z0-9_-][a-z0-9._-]*(\/[a-z0-9_-][a-z0-9._-]*)*$/;

/** Returns the key, or throws `invalid_request`. Every adapter calls it first in every method. */
export function checkKey(key: string): string {
  if (typeof key !== "string" || key.length > MAX_KEY_LENGTH || !KEY.test(key)) {
    throw new AppError("invalid_request", `Cannot use ${quote(key)} as the key of a blob`);
  }
  return key;
}
