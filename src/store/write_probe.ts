/** Probes come from many sides, and a write costs the disk a sync. */
const GOOD_FOR_MS = 5_000;

/** Finds out now and then whether a store can still write: a full disk goes on answering reads. */
export class WriteProbe {
  #goodUntil = 0;

  constructor(
    private readonly write: () => Promise<unknown>,
    private readonly goodForMs = GOOD_FOR_MS,
  ) {}

  /** Rejects as the write does; a success counts for some seconds. */
  async check(): Promise<void> {
    if (performance.now() < this.#goodUntil) return;
    await this.write();
    this.#goodUntil = performance.now() + this.goodForMs;
  }
}
