import { createHash } from "node:crypto";

/**
 * Passes bytes through and hashes them on the way. `digest` is there once the body has gone through
 * whole; it stays pending for one that failed, whose error shows at the stream's end.
 */
export class Sha256Stream extends TransformStream<Uint8Array, Uint8Array> {
  /** SHA-256 in lower-case hex, and how many bytes there were. */
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
