import type { BrokerCall, OnBrokerCall } from "../broker_metrics.ts";

/** A call that takes longer than this, or fails for longer, is a fault. */
const SLOW_MS = 2_000;
/** After this, a call is given up. Clients of Deno KV repeat a call on their own, without end. */
const GIVE_UP_MS = 10_000;

export interface ServiceMonitorOptions {
  giveUpMs?: number;
  /** Milliseconds that only go forward, for tests. */
  now?: () => number;
  observe?: OnBrokerCall;
}

/** Knows by the calls that are made of a service whether it works. */
export class ServiceMonitor {
  readonly #pending = new Set<{ since: number }>();
  #calls = 0;
  #failingSince: number | null = null;
  #reason = "";
  #recoveredAt = -Infinity;
  readonly #giveUpMs: number;
  readonly #now: () => number;
  readonly #observe: OnBrokerCall;

  /** `onRecovered` is told when the service works again after a fault. */
  constructor(
    private readonly service: string,
    private readonly onRecovered: () => void,
    { giveUpMs = GIVE_UP_MS, now = () => performance.now(), observe = () => {} }:
      ServiceMonitorOptions = {},
  ) {
    this.#giveUpMs = giveUpMs;
    this.#now = now;
    this.#observe = observe;
  }

  /** How many calls were made. */
  get calls(): number {
    return this.#calls;
  }

  /** Null when it works, otherwise why not. */
  fault(): string | null {
    const now = this.#now();
    if (this.#failingSince !== null && now - this.#failingSince > SLOW_MS) {
      return `${this.service} fails: ${this.#reason}`;
    }
    for (const { since } of this.#pending) {
      if (now - since > SLOW_MS) return `${this.service} has not answered for ${SLOW_MS} ms`;
    }
    return null;
  }

  /** Rejects as the call does, or when it is given up; the call itself may go on. */
  async run<T>(kind: BrokerCall, call: () => Promise<T>): Promise<T> {
    this.#calls++;
    const mark = { since: this.#now() };
    this.#pending.add(mark);
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error("no answer")), this.#giveUpMs);
    try {
      const answer = await Promise.race([call(), late]);
      this.#pending.delete(mark);
      this.#worked(mark.since);
      return answer;
    } catch (error) {
      this.#failingSince ??= mark.since;
      this.#reason = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      clearTimeout(timer);
      this.#pending.delete(mark);
      this.#observe(kind, this.#now() - mark.since);
    }
  }

  /** Calls that began before a recovery that was told already do not tell it again. */
  #worked(since: number): void {
    const begun = Math.min(since, this.#failingSince ?? Infinity);
    this.#failingSince = null;
    const now = this.#now();
    if (now - begun <= SLOW_MS || since < this.#recoveredAt) return;
    this.#recoveredAt = now;
    this.onRecovered();
  }
}
