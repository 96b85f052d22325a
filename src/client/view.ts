/**
 * A value that changes over time. Both functions are bound, so that React's
 * `useSyncExternalStore(view.subscribe, view.getSnapshot)` accepts them unchanged.
 */
export interface Observable<T> {
  /** Returns the same reference until the value has changed. Treat it as immutable. */
  readonly getSnapshot: () => T;
  /**
   * Calls the listener after each change; several changes of one turn come as one. Returns a
   * function that ends it.
   */
  readonly subscribe: (listener: () => void) => () => void;
}

/**
 * A snapshot computed from other state, on demand. `invalidate` says that it may have changed; a
 * new snapshot that is shallowly equal to the last one is replaced by that one, and no listener is
 * called.
 *
 * ```ts ignore
 * const { subscribe, getSnapshot } = client.inbox;
 * const unsubscribe = subscribe(() => console.log(getSnapshot().length, "chats"));
 * unsubscribe();
 * ```
 */
export class View<T> implements Observable<T> {
  readonly #compute: () => T;
  readonly #listeners = new Set<() => void>();
  #value!: T;
  #isStale = true;
  /** The snapshot of the last notification. */
  #told: T | undefined;
  #isTelling = false;

  constructor(compute: () => T, private readonly onFirst: () => void = () => {}) {
    this.#compute = compute;
  }

  readonly getSnapshot = (): T => {
    if (!this.#isStale) return this.#value;
    const value = this.#compute();
    this.#isStale = false;
    if (!isSame(this.#value, value)) this.#value = value;
    return this.#value;
  };

  readonly subscribe = (listener: () => void): () => void => {
    // A listener that is added twice is called twice, and each ends by itself.
    const own = () => listener();
    if (this.#listeners.size === 0) {
      this.#isStale = true;
      this.#told = this.getSnapshot();
    }
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.onFirst();
    return () => void this.#listeners.delete(own);
  };

  get isWatched(): boolean {
    return this.#listeners.size > 0;
  }

  /** @internal */
  invalidate(): void {
    this.#isStale = true;
    if (this.#isTelling || !this.isWatched) return;
    this.#isTelling = true;
    queueMicrotask(() => this.flush());
  }

  /**
   * Calls the listeners now, if the snapshot has changed: for a text field, whose value must be set
   * within the event that changed it.
   * @internal
   */
  flush(): void {
    this.#isTelling = false;
    const value = this.getSnapshot();
    if (value === this.#told) return;
    this.#told = value;
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        throwLater(error);
      }
    }
  }
}

/** Throws so that the platform reports an uncaught error, outside the caller's work. */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** Compares arrays and plain objects member by member, and everything else by identity. */
export function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (!isPlain(one) || !isPlain(other) || Array.isArray(one) !== Array.isArray(other)) return false;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length &&
    names.every((name) => name in other && Object.is(one[name], other[name]));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
