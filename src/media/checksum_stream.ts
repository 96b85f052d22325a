import { createHash } from "node:crypto";
import type { CHECKSUM_ALGORITHMS } from "../api/operations/tus.ts";
import { AppError } from "../core/errors.ts";

export interface Checksum {
  algorithm: ChecksumAlgorithm;
  /** In base64, as the client says it. */
  digest: string;
}

export type ChecksumAlgorithm = typeof CHECKSUM_ALGORITHMS[number];

/** Passes bytes through; at their end it fails with `checksum_mismatch` if they are not those meant. */
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
      throw new AppError("checksum_mismatch", `The bytes do not fit their ${algorithm} checksum`);
    },
  });
}
