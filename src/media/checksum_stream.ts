import { createHash } from "node:crypto";
import type { CHECKSUM_ALGORITHMS } from "../api/operations/tus.ts";
import { AppError } from "../core/errors.ts";

export interface Checksum {
  algorithm: ChecksumAlgorithm;
  /** In base64, as sent by the client. */
  digest: string;
}

export type ChecksumAlgorithm = typeof CHECKSUM_ALGORITHMS[number];

/** Passes bytes through; fails at their end with `checksum_mismatch` if the digest differs. */
export function checksumStream(
  { algorithm, digest }: Checksum,
): TransformStream<Uint8Array, Uint8Array> {
  const hash = createHash(algorithm);
  return new TransformStream({
    transform(chunk, controller) {
      hash.update(chunk);
      controller.enqueue(chunk);
    },
    flush() {
      if (hash.digest("base64") === digest) return;
      throw new AppError(
        "checksum_mismatch",
        `Cannot accept the bytes: their ${algorithm} checksum differs`,
      );
    },
  });
}
