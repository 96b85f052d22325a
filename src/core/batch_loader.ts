import { nextTurn } from "./next_turn.ts";

interface Waiting<Value> {
  promise: Promise<Value>;
  resolve: (value: Value) => void;
  reject: (reason: unknown) => void;
}

export interface BatchLoaderOptions<Value> {
  /** Returns the values of different keys; those that are left out get `missing`. */
  read: (keys: string[]) => Promise<Map<string, Value>>;
  missing: () => Value;
  /** Maximum number of keys in one read. */
  maxKeys: number;
  /** Reads under way at once; past it keys wait and share the next one. */
  atOnce?: number;
}

/**
 * Answers look-ups of single keys by reads of many. Keys that are asked for while reads are under
 * way share the next one, so a crowd costs a few round trips, and no timer delays a key that comes
 * alone: a read beside or after another, or after one of several keys, only waits for the end of
 * the event loop's turn. A read begins after the look-ups that it serves, so each sees everything
 * that was written before it asked.
 */
export class BatchLoader<Value> {
  readonly #waiting = new Map<string, Waiting<Value>>();
  readonly #options: Required<BatchLoaderOptions<Value>>;
  #running = 0;
  /** Keys of the last read: after several, more may come in this turn. */
  #lastCount = 0;

  constructor(options: BatchLoaderOptions<Value>) {
    this.#options = { atOnce: 2, ...options };
  }

  /** Rejects as the read does; then so do all look-ups that shared it. */
  load(key: string): Promise<Value> {
    const waiting = this.#waiting.get(key) ?? this.#add(key);
    if (this.#running < this.#options.atOnce) this.#run();
    return waiting.promise;
  }

  #add(key: string): Waiting<Value> {
    const waiting = Promise.withResolvers<Value>();
    this.#waiting.set(key, waiting);
    return waiting;
  }

  async #run(): Promise<void> {
    const isAlone = this.#running++ === 0 && this.#lastCount <= 1;
    await (isAlone ? Promise.resolve() : nextTurn());
    while (this.#waiting.size > 0) {
      await this.#readSome();
      await nextTurn();
    }
    this.#running--;
  }

  async #readSome(): Promise<void> {
    const { read, missing, maxKeys } = this.#options;
    const some = [...this.#waiting].slice(0, maxKeys);
    for (const [key] of some) this.#waiting.delete(key);
    this.#lastCount = some.length;
    try {
      const values = await read(some.map(([key]) => key));
      for (const [key, { resolve }] of some) resolve(values.get(key) ?? missing());
    } catch (error) {
      for (const [, { reject }] of some) reject(error);
    }
  }
}
