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
  /** What carries the signals, as operators know it. */
  service: string;
  /** Whose table is where the signals are. Started by the broker; left when it closes. */
  instances: Instances;
  log: Log;
  onCall?: OnBrokerCall;
  /** How large batches are, and how often they go. */
  batches: Pick<SignalQueueOptions, "gatherMs" | "smallBytes" | "largeBytes">;
}

const RETRY_MS = 500;
/** Closing waits no longer for a service that does not answer: the process has seconds to go. */
const CLOSE_MS = 1_500;

/**
 * What brokers over a service have in common: signals leave in numbered batches, one at a time.
 *
 * An instance that is alone writes none: a write is a good part of what a send costs beside its broadcast.
 * Whoever joins began a moment before it was noticed, and is told what was held back meanwhile.
 */
export abstract class SharedBroker implements Broker {
  /** Every call of the service goes through it. */
  protected readonly monitor: ServiceMonitor;
  protected readonly instances: Instances;
  protected readonly log: Log;
  readonly #queue: SignalQueue;
  readonly #held = new SignalReplayBuffer();
  #closing: Promise<void> | null = null;

  constructor({ service, instances, log, batches, onCall }: SharedBrokerOptions) {
    this.instances = instances;
    this.log = log;
    this.monitor = new ServiceMonitor(service, () => this.onRecovered(), { observe: onCall });
    instances.guard = (call) => this.monitor.run("instances", call);
    this.#queue = new SignalQueue({ ...batches, log, write: (batch) => this.#append(batch) });
    instances.listen({ onJoined: () => this.#tellHeld() });
  }

  abstract start(events: BrokerEvents): Promise<void>;

  /** Writes a batch under its number; repeating it must change nothing. */
  protected abstract write(n: number, batch: Uint8Array): Promise<unknown>;

  /** The service works again after a fault. */
  protected abstract onRecovered(): void;

  /** Listens no more. */
  protected abstract stop(): void | Promise<void>;

  publish(signal: Signal): void {
    if (this.isClosing) return;
    if (this.instances.isAlone) this.#held.hold(signal);
    else this.#queue.push(signal);
  }

  flush(): Promise<void> {
    return this.#queue.flush();
  }

  /** A commit is one, and so is the reading of several keys at once. */
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

  #tellHeld(): void {
    const { signals, gap } = this.#held.take();
    if (gap) this.#queue.pushGap();
    for (const signal of signals) this.#queue.push(signal);
  }

  async #close(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, CLOSE_MS);
    const leaving = this.#queue.flush().then(() => this.instances.leave()).catch(() => {});
    await Promise.race([leaving, late]);
    clearTimeout(timer);
    await this.stop();
  }

  /** Until it is there, and always under the same number. */
  async #append(batch: Uint8Array): Promise<void> {
    const n = this.instances.head + 1;
    for (;;) {
      try {
        await this.monitor.run("write", () => this.write(n, batch));
        this.instances.head = n;
        return;
      } catch (error) {
        if (this.isClosing) throw error;
        this.log.warn("Writing signals to other instances failed", { error });
        await delay(RETRY_MS);
      }
    }
  }
}

/** Hands on what a batch of another instance says; what cannot be read is a gap. */
export function handOn(batch: Uint8Array, instance: string, events: BrokerEvents, log: Log): void {
  try {
    const { signals, gap } = decodeSignals(batch);
    if (gap) events.onGap();
    if (signals.length > 0) events.onSignals(signals, instance);
  } catch (error) {
    log.warn("A batch of another instance could not be taken in", { instance, error });
    events.onGap();
  }
}
