/** Runs failed work again after a delay, until it is closed. */
export class Retries {
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #closed = false;

  constructor(private readonly afterMs: number) {}

  /** Number of works that wait to run again. */
  get waiting(): number {
    return this.#timers.size;
  }

  later(work: () => void): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, this.afterMs);
    this.#timers.add(timer);
    Deno.unrefTimer(timer);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
