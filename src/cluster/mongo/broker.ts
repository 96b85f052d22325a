import type { ChangeStream, Collection, Db } from "mongodb";
import { delay } from "../../core/delay.ts";
import type { Log } from "../../core/log.ts";
import type { BrokerEvents } from "../broker.ts";
import { deliverBatch, SharedBroker } from "../shared/broker.ts";
import type { OnBrokerCall } from "../broker_metrics.ts";
import type { Instances } from "../shared/instances.ts";

export interface MongoBrokerOptions {
  db: Db;
  /**
   * Instances whose table is in the same database. Started by the broker; deregistered when it
   * closes.
   */
  instances: Instances;
  log: Log;
  onCall?: OnBrokerCall;
}

/** One batch; `n` counts the batches of its instance, 0 is a probe of the stream. */
interface Batch {
  instance: string;
  n: number;
  batch: Uint8Array;
  at: Date;
}

const COLLECTION = "signals";
/** A broken stream resumes within this time, in seconds, or has a gap. */
const KEEP_SECONDS = 120;
const RETRY_MS = 500;
/**
 * Interval and maximum number of the probes by which an instance finds out whether its stream is
 * open.
 */
const PROBE_INTERVAL_MS = 100;
const MAX_PROBES = 100;
const MAX_REMEMBERED = 1_000;

/**
 * Carries batches through a change stream, for hosts that run MongoDB and no Deno KV. The driver
 * resumes a stream that breaks; if the server no longer has the changes in between, or a number is
 * missing, there is a gap, and state is read from the Store.
 */
export class MongoBroker extends SharedBroker {
  readonly #batches: Collection<Batch>;
  /**
   * The last number received of each instance; kept for instances that are gone, in case they
   * return.
   */
  readonly #received = new Map<string, number>();
  /**
   * The number each instance had announced at the last check: by the next check, it was received or
   * is lost.
   */
  readonly #announced = new Map<string, number>();
  #events: BrokerEvents | null = null;
  #stream: ChangeStream<Batch> | null = null;
  #listening = Promise.withResolvers<void>();

  constructor({ db, instances, log, onCall }: MongoBrokerOptions) {
    // Signals that arrive during a write make the next batch: an interval gained nothing.
    const batches = { gatherMs: 0, smallBytes: 16_000, largeBytes: 1_000_000 };
    super({ service: "MongoDB", instances, log, batches, onCall });
    // Without waiting for a majority: a write lost in a failover causes a gap, no more.
    this.#batches = db.collection<Batch>(COLLECTION, { writeConcern: { w: 1 } });
  }

  override async start(events: BrokerEvents): Promise<void> {
    this.#events = events;
    await this.#batches.createIndex({ at: 1 }, { expireAfterSeconds: KEEP_SECONDS });
    this.#listen();
    await this.#untilListening();
    this.instances.listen({
      onGone: (id, left) => {
        this.#remember(id);
        this.#announced.delete(id);
        events.onGone(id);
        if (!left) events.onDied();
      },
      onRefreshed: () => this.#detectLost(),
    });
    await this.instances.start();
    // Announce ourselves again: peers that receive a batch of an unknown instance look up its row,
    // and ours did not exist before.
    await this.monitor.run("write", () => this.write(0, new Uint8Array()));
  }

  protected override write(n: number, batch: Uint8Array): Promise<unknown> {
    const instance = this.instances.id;
    return this.#batches.insertOne({ instance, n, batch, at: new Date() });
  }

  protected override onRecovered(): void {
    this.#events?.onGap();
  }

  protected override async stop(): Promise<void> {
    await this.#stream?.close().catch(() => {});
  }

  /**
   * A stream does not report that it is open: it is once it delivers a probe of this instance.
   * Returns false if another stream has replaced it in the meantime.
   */
  async #untilListening(): Promise<boolean> {
    const listening = this.#listening;
    let isOpen = false;
    listening.promise.then(() => isOpen = true);
    for (let probes = 0; !isOpen; probes++) {
      if (listening !== this.#listening || this.isClosing) return false;
      if (probes > MAX_PROBES) {
        throw new Error(`Cannot open MongoDB's change stream: no event after ${MAX_PROBES} probes`);
      }
      await this.monitor.run("write", () => this.write(0, new Uint8Array()));
      await Promise.race([listening.promise, delay(PROBE_INTERVAL_MS)]);
    }
    return true;
  }

  async #listen(): Promise<void> {
    while (!this.isClosing) {
      try {
        this.#stream = this.#batches.watch<Batch>([{ $match: { operationType: "insert" } }]);
        for await (const change of this.#stream) {
          if (change.operationType === "insert") {
            this.#receive(change.fullDocument as unknown as Batch);
          }
        }
      } catch (error) {
        if (this.isClosing) return;
        this.log.warn("MongoDB change stream failed", { error });
      }
      if (this.isClosing) return;
      await delay(RETRY_MS);
      this.#listening = Promise.withResolvers();
      this.#recoverListening();
    }
  }

  /**
   * Changes that the previous stream did not deliver are read from the Store, once the next stream
   * is open.
   */
  async #recoverListening(): Promise<void> {
    const listening = this.#listening;
    while (listening === this.#listening && !this.isClosing) {
      try {
        if (await this.#untilListening()) this.#events?.onGap();
        return;
      } catch (error) {
        this.log.warn("MongoDB change stream restart failed", { error });
        await delay(RETRY_MS);
      }
    }
  }

  /** A resumed stream may have lost changes written while it was cut off, without reporting it. */
  #detectLost(): void {
    for (const { id, head } of this.instances.peers()) {
      const [received, announced] = [this.#received.get(id), this.#announced.get(id)];
      this.#announced.set(id, head);
      if (received === undefined || announced === undefined || received >= announced) continue;
      this.#received.set(id, announced);
      this.#events?.onGap();
    }
  }

  /** Keeps the number of a gone instance; drops the oldest ones. */
  #remember(id: string): void {
    const last = this.#received.get(id);
    if (last === undefined) return;
    this.#received.delete(id);
    this.#received.set(id, last);
    const [first] = this.#received.keys();
    if (this.#received.size > MAX_REMEMBERED) this.#received.delete(first);
  }

  #receive({ instance, n, batch }: Batch): void {
    if (instance === this.instances.id) return this.#listening.resolve();
    const last = this.#received.get(instance);
    if (last === undefined) this.instances.refresh().catch(() => {});
    if (n === 0 || (last !== undefined && n <= last)) return;
    this.#received.set(instance, n);
    if (last !== undefined && n > last + 1) this.#events?.onGap();
    deliverBatch(bytesOf(batch), instance, this.#events!, this.log);
  }
}

/** The driver returns a Binary, which has its bytes in a buffer that may be longer. */
function bytesOf(batch: Uint8Array | { value(): Uint8Array }): Uint8Array {
  return batch instanceof Uint8Array ? batch : batch.value();
}
