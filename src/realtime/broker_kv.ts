import { delay } from "../core/delay.ts";
import type { Log } from "../core/log.ts";
import type { Broker, BrokerEvents, Signal } from "./broker.ts";
import { OutboxTail } from "./broker_kv_tail.ts";
import type { Instances } from "./instances.ts";
import { headKey, outboxKey } from "./kv_keys.ts";
import { Pulse } from "./pulse.ts";
import { SignalQueue } from "./signal_queue.ts";

export interface KvBrokerOptions {
  kv: Deno.Kv;
  /**
   * Connections of their own for reading and watching, best for a `denokv` server: on one that they
   * share with commits, small requests wait for each other's acknowledgements (p50 62 ms, not 18).
   */
  readKv?: Deno.Kv;
  watchKv?: Deno.Kv;
  /** Whose table is on the same KV. Started by the broker; left when it closes. */
  instances: Instances;
  log: Log;
  gatherMs?: number;
}

/** Longer than any instance that is thought alive may need to come round to it. */
const KEEP_MS = 120_000;
const RETRY_MS = 500;
/** Closing waits no longer for a KV that does not answer: the process has seconds to go. */
const CLOSE_MS = 1_500;

/**
 * Each instance owns an outbox and everyone else tails it. No two instances ever write one key, so
 * nothing can conflict; a batch and the head that points to it are one commit, so a head that is
 * seen means that its batch is there.
 *
 * Batches stay below 900 bytes while they can: a request to a `denokv` server of more than 1,024 bytes
 * takes 45 ms instead of 0.6 on Linux as it comes (Nagle's algorithm and delayed acknowledgements). A
 * value may have 64 KiB.
 */
export class KvBroker implements Broker {
  readonly #queue: SignalQueue;
  readonly #pulse: Pulse;
  #tail: OutboxTail | null = null;
  #closing: Promise<void> | null = null;

  constructor(private readonly options: KvBrokerOptions) {
    const { log, gatherMs = 12 } = options;
    this.#pulse = new Pulse("Deno KV", () => this.#tail?.onRecovered());
    options.instances.guard = (call) => this.#pulse.run(call);
    this.#queue = new SignalQueue({
      write: (batch) => this.#append(batch),
      log,
      gatherMs,
      smallBytes: 800,
      largeBytes: 60_000,
    });
  }

  async start(events: BrokerEvents): Promise<void> {
    const { kv, readKv = kv, watchKv = kv, instances, log } = this.options;
    instances.listen({
      sweep: async ({ id }) => {
        await this.#pulse.run(() => kv.delete(headKey(id)));
      },
    });
    this.#tail = new OutboxTail({
      kv: readKv,
      watchKv,
      instances,
      log,
      events,
      pulse: this.#pulse,
    });
    await this.#tail.start();
  }

  publish(signal: Signal): void {
    if (!this.#closing) this.#queue.push(signal);
  }

  flush(): Promise<void> {
    return this.#queue.flush();
  }

  /** Calls made so far, a commit being one and the reading of several keys at once too. */
  get operations(): number {
    return this.#pulse.calls;
  }

  fault(): string | null {
    return this.#pulse.fault();
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, CLOSE_MS);
    const leaving = this.#queue.flush().then(() => this.options.instances.leave()).catch(() => {});
    await Promise.race([leaving, late]);
    clearTimeout(timer);
    this.#tail?.close();
  }

  /** Until it is there: the same batch under the same number, so that repeating it changes nothing. */
  async #append(batch: Uint8Array): Promise<void> {
    const { kv, instances } = this.options;
    const n = instances.head + 1;
    const commit = () =>
      kv.atomic().set(outboxKey(instances.id, n), batch, { expireIn: KEEP_MS })
        .set(headKey(instances.id), n).commit();
    for (;;) {
      try {
        await this.#pulse.run(commit);
        instances.head = n;
        return;
      } catch (error) {
        if (this.#closing) throw error;
        this.options.log.warn("Writing to the outbox failed", { error });
        await delay(RETRY_MS);
      }
    }
  }
}
