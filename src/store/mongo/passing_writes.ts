import type { AnyBulkWriteOperation, Collection, Document } from "mongodb";

interface Waiting<D extends Document> {
  operation: AnyBulkWriteOperation<D>;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

/** The primary has applied them; a crash or a failover may lose them. */
const ACKNOWLEDGED = { w: 1, journal: false } as const;
const WRITES_PER_CALL = 200;

/**
 * Writes that may be lost, such as when someone was last seen: they wait for no journal, and those
 * that arrive while some are under way go together, so that a crowd that leaves at once costs a few
 * round trips.
 */
export class PassingWrites<D extends Document> {
  #waiting: Waiting<D>[] = [];
  #running = false;

  constructor(private readonly collection: Collection<D>) {}

  /** Resolves once the write was applied; in no particular order among others. */
  add(operation: AnyBulkWriteOperation<D>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, resolve, reject });
      if (!this.#running) this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      await this.#writeSome(this.#waiting.splice(0, WRITES_PER_CALL));
    }
    this.#running = false;
  }

  async #writeSome(some: Waiting<D>[]): Promise<void> {
    try {
      await this.collection.bulkWrite(
        some.map(({ operation }) => operation),
        { ordered: false, writeConcern: ACKNOWLEDGED },
      );
      for (const { resolve } of some) resolve();
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }
}
