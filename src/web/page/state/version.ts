import { type Signal, signal } from "@preact/signals";

/**
 * Counts changes of something that has no signals. All changes within one turn are counted as
 * one, so that a burst of events draws the screen once.
 */
export class Version {
  readonly #count: Signal<number> = signal(0);
  #isPending = false;

  /** Subscribes the computed value or component that is being evaluated. */
  read(): number {
    return this.#count.value;
  }

  bump(): void {
    if (this.#isPending) return;
    this.#isPending = true;
    queueMicrotask(() => {
      this.#isPending = false;
      this.#count.value++;
    });
  }
}
