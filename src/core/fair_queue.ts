/** Thrown by `FairQueue.run` when too many jobs wait. */
export class QueueFull extends Error {
  constructor(readonly waiting: number) {
    super(`${waiting} jobs are waiting`);
  }
}

export interface FairQueueOptions {
  /** Jobs that may wait, of all keys. */
  maxWaiting: number;
  /** Jobs that may wait under one key. */
  maxPerKey: number;
}

type Start = () => Promise<void>;

/**
 * Runs one job at a time. Keys (people, say) take turns, and the jobs of one key run in order: a
 * key with a hundred jobs delays another one's by a single job.
 */
export class FairQueue {
  /** The first key has the next turn. */
  readonly #keys = new Map<string, Start[]>();
  #waiting = 0;
  #running: Promise<void> | null = null;

  constructor(private readonly options: FairQueueOptions) {}

  get waiting(): number {
    return this.#waiting;
  }

  /** Returns what `job` returns; throws `QueueFull`, without running it, when too many wait. */
  async run<T>(key: string, job: () => Promise<T>): Promise<T> {
    const mine = this.#keys.get(key) ?? [];
    if (this.#waiting >= this.options.maxWaiting || mine.length >= this.options.maxPerKey) {
      throw new QueueFull(this.#waiting);
    }
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    mine.push(() => job().then(resolve, reject));
    this.#keys.set(key, mine);
    this.#waiting++;
    this.#running ??= this.#work();
    return await promise;
  }

  /** Resolves once no job runs or waits. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #work(): Promise<void> {
    for (let next = this.#take(); next; next = this.#take()) await next();
    this.#running = null;
  }

  #take(): Start | null {
    const [first] = this.#keys;
    if (!first) return null;
    const [key, jobs] = first;
    const start = jobs.shift()!;
    this.#waiting--;
    this.#keys.delete(key);
    if (jobs.length > 0) this.#keys.set(key, jobs);
    return start;
  }
}
