import { withDeadline } from "../../core/deadline.ts";
import type { BrokerCall, OnBrokerCall } from "../broker_metrics.ts";

/** A call that takes longer than this, or fails for longer, is a fault. */
const SLOW_MS = 2_000;
/**
 * After this, the caller stops waiting. Clients of Deno KV repeat a call on their own, without end.
 */
const TIMEOUT_MS = 10_000;

export interface ServiceMonitorOptions {
  timeoutMs?: number;
  /** Monotonic milliseconds, for tests. */
  now?: () => number;
  observe?: OnBrokerCall;
  /**
   * True if the service's client repeats a call without end: Deno KV's does, and writes a line for
   * each try. While a call that timed out goes on, no further one of its kind is made.
   */
  repeatsCalls?: boolean;
}

interface PendingCall {
  since: number;
  /** The service's own call, once it was made. */
  made: Promise<unknown> | null;
  isSettled: boolean;
  isOver: boolean;
}

/** Derives from the calls to a service whether it works. */
export class ServiceMonitor {
  readonly #pending = new Set<PendingCall>();
  /** Calls that timed out and go on, the last of each kind. */
  readonly #abandoned = new Map<BrokerCall, Promise<unknown>>();
  #calls = 0;
  #failingSince: number | null = null;
  #reason = "";
  #recoveredAt = -Infinity;
  readonly #timeoutMs: number;
  readonly #now: () => number;
  readonly #observe: OnBrokerCall;
  readonly #repeatsCalls: boolean;

  /** `onRecovered` is called when the service works again after a fault. */
  constructor(
    private readonly service: string,
    private readonly onRecovered: () => void,
    options: ServiceMonitorOptions = {},
  ) {
    const { timeoutMs = TIMEOUT_MS, now = () => performance.now(), observe = () => {} } = options;
    this.#repeatsCalls = options.repeatsCalls ?? false;
    this.#timeoutMs = timeoutMs;
    this.#now = now;
    this.#observe = observe;
  }

  /** Number of calls made. */
  get calls(): number {
    return this.#calls;
  }

  /** Null while it works, otherwise the reason why not. */
  fault(): string | null {
    const now = this.#now();
    if (this.#failingSince !== null && now - this.#failingSince > SLOW_MS) {
      return `${this.service} fails: ${this.#reason}`;
    }
    for (const { since } of this.#pending) {
      if (now - since > SLOW_MS) return `${this.service} has not responded for ${SLOW_MS} ms`;
    }
    return null;
  }

  /** Rejects as the call does, or after the timeout; the call itself may go on. */
  async run<T>(kind: BrokerCall, call: () => Promise<T>): Promise<T> {
    this.#calls++;
    const mark: PendingCall = {
      since: this.#now(),
      made: null,
      isSettled: false,
      isOver: false,
    };
    this.#pending.add(mark);
    try {
      const result = await withDeadline(this.#make(kind, mark, call), this.#timeoutMs);
      this.#pending.delete(mark);
      this.#onSuccess(mark.since);
      return result;
    } catch (error) {
      this.#failingSince ??= mark.since;
      this.#reason = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      mark.isOver = true;
      this.#pending.delete(mark);
      this.#keepAbandoned(kind, mark);
      this.#observe(kind, this.#now() - mark.since);
    }
  }

  async #make<T>(kind: BrokerCall, mark: PendingCall, call: () => Promise<T>): Promise<T> {
    const abandoned = this.#abandoned.get(kind);
    if (abandoned) await abandoned;
    if (mark.isOver) throw new Error("the call timed out before it was made");
    const made = call();
    mark.made = made;
    return await made.finally(() => mark.isSettled = true);
  }

  #keepAbandoned(kind: BrokerCall, { made, isSettled }: PendingCall): void {
    if (!this.#repeatsCalls || made === null || isSettled) return;
    const going = made.catch(() => {}).finally(() => {
      if (this.#abandoned.get(kind) === going) this.#abandoned.delete(kind);
    });
    this.#abandoned.set(kind, going);
  }

  /** Calls that began before an announced recovery do not announce it again. */
  #onSuccess(since: number): void {
    const begun = Math.min(since, this.#failingSince ?? Infinity);
    this.#failingSince = null;
    const now = this.#now();
    if (now - begun <= SLOW_MS || since < this.#recoveredAt) return;
    this.#recoveredAt = now;
    this.onRecovered();
  }
}
