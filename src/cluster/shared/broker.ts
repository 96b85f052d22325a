import { settledWithin } from "../../core/settled_within.ts";
import { delay } from "../../core/delay.ts";
import type { Log } from "../../core/log.ts";
import type { OnBrokerCall } from "../broker_metrics.ts";
import type { Broker, BrokerEvents, Signal } from "../broker.ts";
import { SignalReplayBuffer } from "./signal_replay_buffer.ts";
import type { Instances } from "./instances.ts";
import { ServiceMonitor } from "./service_monitor.ts";
import { decodeSignals } from "./signal_codec.ts";
import { SignalQueue, type SignalQueueOptions } from "./signal_queue.ts";

export interface SharedBrokerOptions {
  /** Name of the service that carries the signals, as operators know it. */
  service: string;
  /**
   * Instances whose table is on the same service. Started by the broker; deregistered when it
   * closes.
   */
  instances: Instances;
  log: Log;
  onCall?: OnBrokerCall;
  /** See `ServiceMonitorOptions`. */
  repeatsCalls?: boolean;
  /** Size and interval of batches. */
  batches: Pick<SignalQueueOptions, "gatherMs" | "smallBytes" | "largeBytes">;
}

const RETRY_MS = 500;
/**
 * Closing waits at most this long for a service that does not respond: the process has seconds to
 * exit.
 */
const CLOSE_MS = 1_500;

/**
 * Common part of brokers over a service: signals leave in numbered batches, one at a time.
 *
 * An instance without peers writes none: a write is a good part of the cost of a send beside its
 * broadcast. A peer starts a moment before it is noticed, and is then sent the signals buffered in
 * the meantime.
 */
export abstract class SharedBroker implements Broker {
  /** Every call to the service goes through it. */
  protected readonly monitor: ServiceMonitor;
  protected readonly instances: Instances;
  protected readonly log: Log;
  readonly #queue: SignalQueue;
  readonly #replay = new SignalReplayBuffer();
  #closing: Promise<void> | null = null;

  constructor({ service, instances, log, batches, onCall, repeatsCalls }: SharedBrokerOptions) {
    this.instances = instances;
    this.log = log;
    const options = { observe: onCall, repeatsCalls };
    this.monitor = new ServiceMonitor(service, () => this.onRecovered(), options);
    instances.guard = (call) => this.monitor.run("instances", call);
    this.#queue = new SignalQueue({ ...batches, log, write: (batch) => this.#append(batch) });
    instances.listen({ onJoined: () => this.#replayBuffered() });
  }

  abstract start(events: BrokerEvents): Promise<void>;

  /** Writes a batch under its number; repeating it must change nothing. */
  protected abstract write(n: number, batch: Uint8Array): Promise<unknown>;

  /** Called when the service works again after a fault. */
  protected abstract onRecovered(): void;

  /** Stops listening. */
  protected abstract stop(): void | Promise<void>;

  publish(signal: Signal): void {
    if (this.isClosing) return;
    if (this.instances.isAlone) this.#replay.add(signal);
    else this.#queue.push(signal);
  }

  flush(): Promise<void> {
    return this.#queue.flush();
  }

  /** A commit counts once, and so does a read of several keys. */
  get operations(): number {
    return this.monitor.calls;
  }

  fault(): string | null {
    return this.monitor.fault();
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  protected get isClosing(): boolean {
    return this.#closing !== null;
  }

  #replayBuffered(): void {
    const { signals, gap } = this.#replay.drain();
    if (gap) this.#queue.pushGap();
    for (const signal of signals) this.#queue.push(signal);
  }

  async #close(): Promise<void> {
    const leaving = this.#queue.flush().then(() => this.instances.leave());
    await settledWithin([leaving], CLOSE_MS);
    await this.stop();
  }

  /** Retries until the batch is written, always under the same number. */
  async #append(batch: Uint8Array): Promise<void> {
    const n = this.instances.head + 1;
    for (;;) {
      try {
        await this.monitor.run("write", () => this.write(n, batch));
        this.instances.head = n;
        return;
      } catch (error) {
        if (this.isClosing) throw error;
        this.log.warn("Broker write failed", { error });
        await delay(RETRY_MS);
      }
    }
  }
}

/**
 * Delivers the signals in a batch of another instance; a batch that cannot be decoded counts as a
 * gap.
 */
export function deliverBatch(
  batch: Uint8Array,
  instance: string,
  events: BrokerEvents,
  log: Log,
): void {
  try {
    const { signals, gap } = decodeSignals(batch);
    if (gap) events.onGap();
    if (signals.length > 0) events.onSignals(signals, instance);
  } catch (error) {
    log.warn("Broker batch of another instance cannot be decoded", { instance, error });
    events.onGap();
  }
}
