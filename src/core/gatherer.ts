/** An item with its caller. */
interface Pending<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Runs items in batches, one batch at a time: the first at once, and those that come meanwhile
 * together in the next one. No timer delays them; `before` may wait for items of the same turn.
 */
export class Gatherer<Item, Result> {
  readonly #waiting: Pending<Item, Result>[] = [];
  #isRunning = false;

  /** `run` returns the results in the order of its items; if it fails, all of them fail. */
  constructor(
    private readonly run: (items: Item[]) => Promise<Result[]>,
    private readonly max = 200,
    private readonly before?: () => Promise<void>,
  ) {}

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#isRunning) void this.#runAll();
    });
  }

  async #runAll(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      if (this.before) await this.before();
      const batch = this.#waiting.splice(0, this.max);
      try {
        const results = await this.run(batch.map(({ item }) => item));
        for (const [i, { resolve }] of batch.entries()) resolve(results[i]);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isRunning = false;
  }
}
