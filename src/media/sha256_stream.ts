import { createHash } from "node:crypto";

/**
 * Passes bytes through and hashes them. `digest` resolves once the whole body has passed; it stays
 * pending for a body that failed, whose error surfaces at the end of the stream.
 */
export class Sha256Stream extends TransformStream<Uint8Array, Uint8Array> {
  /** SHA-256 in lower-case hex, and the number of bytes. */
  readonly digest: Promise<{ sha256: string; size: number }>;

  constructor() {
    const hash = createHash("sha256");
    const { promise, resolve } = Promise.withResolvers<{ sha256: string; size: number }>();
    let size = 0;
    super({
      transform(chunk, controller) {
        hash.update(chunk);
        size += chunk.byteLength;
        controller.enqueue(chunk);
      },
      flush: () => resolve({ sha256: hash.digest("hex"), size }),
    });
    this.digest = promise;
  }
}
