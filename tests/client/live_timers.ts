interface Timer {
  ms: number;
  run(): void;
}

/**
 * Counts the timers that are started and not over, and lets a test pass their time. Timers of less
 * than 200 ms, such as those of the test itself, run as ever and are not counted.
 */
export class LiveTimers implements Disposable {
  static readonly #MIN_MS = 200;
  readonly #timeouts = new Map<number, Timer>();
  readonly #intervals = new Map<number, Timer>();
  readonly #platform = {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
  };
  readonly #now = performance.now;
  #ahead = 0;
  /** Far from the platform's own. */
  #next = 1e9;

  constructor() {
    const { setTimeout, clearTimeout } = this.#platform;
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 0) =>
        ms < LiveTimers.#MIN_MS ? setTimeout(run, ms) : this.#add(this.#timeouts, { ms, run }),
      clearTimeout: (id: number) => this.#timeouts.delete(id) || clearTimeout(id),
      setInterval: (run: () => void, ms = 0) => this.#add(this.#intervals, { ms, run }),
      clearInterval: (id: number) => this.#intervals.delete(id),
    });
    const now = this.#now.bind(performance);
    performance.now = () => now() + this.#ahead;
  }

  get count(): number {
    return this.#timeouts.size + this.#intervals.size;
  }

  get intervals(): Timer[] {
    return [...this.#intervals.values()];
  }

  /** Runs the timeouts that are over after this time, with those that they start. */
  passTime(ms: number): void {
    this.#ahead += ms;
    for (const [id, timer] of [...this.#timeouts]) {
      if (timer.ms > ms || !this.#timeouts.delete(id)) continue;
      timer.run();
    }
  }

  #add(timers: Map<number, Timer>, timer: Timer): number {
    timers.set(++this.#next, timer);
    return this.#next;
  }

  [Symbol.dispose](): void {
    Object.assign(globalThis, this.#platform);
    performance.now = this.#now;
  }
}
