/**
 * Lets results come out in the order in which their work began, for each key: work runs side by
 * side, and a result waits for those before it, whether they fail or not.
 */
export class SenderOrder {
  readonly #last = new Map<string, Promise<unknown>>();

  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const result = inTurn(before, work());
    const settled = result.then(() => {}, () => {});
    this.#last.set(key, settled);
    settled.then(() => {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    });
    return result;
  }
}

async function inTurn<T>(before: Promise<unknown> | undefined, work: Promise<T>): Promise<T> {
  // A failure is thrown in its turn; until then it counts as handled.
  work.catch(() => {});
  await before;
  return await work;
}
