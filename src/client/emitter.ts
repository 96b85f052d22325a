import { throwLater } from "./view.ts";

/** Listeners by event name; an error thrown by one does not affect the others. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<(data: never) => unknown>>();

  /** Returns a function that removes the listener. */
  on<Name extends keyof Events>(
    name: Name,
    listener: (data: Events[Name]) => unknown,
  ): () => void {
    let listeners = this.#listeners.get(name);
    if (!listeners) this.#listeners.set(name, listeners = new Set());
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /**
   * Resolves once the promises returned by listeners have settled; undefined if none returned one.
   */
  emit<Name extends keyof Events>(name: Name, data: Events[Name]): Promise<unknown> | undefined {
    const pending: Promise<unknown>[] = [];
    for (const listener of [...this.#listeners.get(name) ?? []]) {
      try {
        const result = listener(data as never);
        if (result instanceof Promise) pending.push(result.catch(throwLater));
      } catch (error) {
        throwLater(error);
      }
    }
    return pending.length > 0 ? Promise.all(pending) : undefined;
  }
}
