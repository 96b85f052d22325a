/**
 * A heap whose top is the item of the highest rank. Ranks may only fall, and only that of the top
 * item.
 */
export class MaxHeap<T> {
  readonly #items: T[];

  constructor(items: readonly T[], private readonly rankOf: (item: T) => number) {
    this.#items = items.toSorted((a, b) => rankOf(b) - rankOf(a));
  }

  get top(): T | undefined {
    return this.#items[0];
  }

  /** Moves the top item to its place after its rank has fallen. */
  sink(): void {
    for (let at = 0;;) {
      const child = this.#higherChild(at);
      if (child === -1 || this.#rank(child) <= this.#rank(at)) return;
      [this.#items[at], this.#items[child]] = [this.#items[child], this.#items[at]];
      at = child;
    }
  }

  /** Returns -1 if there is none. */
  #higherChild(at: number): number {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    if (left >= this.#items.length) return -1;
    return right < this.#items.length && this.#rank(right) > this.#rank(left) ? right : left;
  }

  #rank(at: number): number {
    return this.rankOf(this.#items[at]);
  }
}
