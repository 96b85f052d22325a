import { AppError, quote } from "../../core/errors.ts";
import type { PartialUpload } from "./blob_store.ts";

/**
 * Allows one append per upload at a time within this process: a client's retry may overtake its
 * first attempt, whose connection is dead.
 */
export class AppendLock {
  readonly #busy = new Set<string>();

  async hold<T>(upload: PartialUpload, work: () => Promise<T>): Promise<T> {
    if (this.#busy.has(upload.id)) {
      const message = `Cannot append to the upload ${
        quote(upload.id)
      }: another append is in progress`;
      throw new AppError("conflict", message);
    }
    this.#busy.add(upload.id);
    try {
      return await work();
    } finally {
      this.#busy.delete(upload.id);
    }
  }
}
