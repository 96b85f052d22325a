/** Probes come from many callers, and a write costs the disk a sync. */
const GOOD_FOR_MS = 5_000;

/**
 * Checks every few seconds whether a store can still write: a full disk continues to serve reads.
 */
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
