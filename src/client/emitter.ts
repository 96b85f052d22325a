/** Listeners by the name of what they hear; one that throws does not keep the others from hearing. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<(data: never) => void>>();

  /** Answers what takes the listener off again. */
  on<Name extends keyof Events>(name: Name, listener: (data: Events[Name]) => void): () => void {
    let listeners = this.#listeners.get(name);
    if (!listeners) this.#listeners.set(name, listeners = new Set());
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  emit<Name extends keyof Events>(name: Name, data: Events[Name]): void {
    for (const listener of [...this.#listeners.get(name) ?? []]) {
      try {
        listener(data as never);
      } catch (error) {
        // Where the platform reports uncaught errors, and not in the middle of our own work.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
