import type { ChangeStream, Collection, Db } from "mongodb";
import { delay } from "../core/delay.ts";
import type { Log } from "../core/log.ts";
import type { Broker, BrokerEvents, Signal } from "./broker.ts";
import type { Instances } from "./instances.ts";
import { Pulse } from "./pulse.ts";
import { decodeSignals } from "./signal_codec.ts";
import { SignalQueue } from "./signal_queue.ts";

export interface MongoBrokerOptions {
  db: Db;
  /** Whose table is in the same database. Started by the broker; left when it closes. */
  instances: Instances;
  log: Log;
  gatherMs?: number;
}

/** One batch; `n` counts the batches of its instance, 0 being a call to itself. */
interface Batch {
  instance: string;
  n: number;
  batch: Uint8Array;
  at: Date;
}

const COLLECTION = "signals";
/** A stream that breaks is resumed within this, or it has a gap. */
const KEEP_SECONDS = 120;
const RETRY_MS = 500;
const CLOSE_MS = 1_500;

/**
 * The same batches through a change stream, for hosts that run MongoDB and no Deno KV. The driver
 * resumes a stream that breaks; where the server no longer has what lies between, or a number is
 * missing, there is a gap, and the Store is asked.
 */
export class MongoBroker implements Broker {
  readonly #queue: SignalQueue;
  readonly #pulse: Pulse;
  readonly #batches: Collection<Batch>;
  /** The last number heard of each instance. */
  readonly #heard = new Map<string, number>();
  #events: BrokerEvents | null = null;
  #stream: ChangeStream<Batch> | null = null;
  #listening = Promise.withResolvers<void>();
  #closing: Promise<void> | null = null;

  constructor(private readonly options: MongoBrokerOptions) {
    const { db, log, gatherMs = 3 } = options;
    this.#batches = db.collection<Batch>(COLLECTION);
    this.#pulse = new Pulse("MongoDB", () => this.#events?.onGap());
    options.instances.guard = (call) => this.#pulse.run(call);
    this.#queue = new SignalQueue({
      write: (batch) => this.#append(batch),
      log,
      gatherMs,
      smallBytes: 16_000,
      largeBytes: 1_000_000,
    });
  }

  async start(events: BrokerEvents): Promise<void> {
    const { instances } = this.options;
    this.#events = events;
    await this.#batches.createIndex({ at: 1 }, { expireAfterSeconds: KEEP_SECONDS });
    this.#listen();
    await this.#untilListening();
    instances.listen({
      onGone: (id) => {
        this.#heard.delete(id);
        events.onGone(id);
      },
    });
    await instances.start();
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
    await this.#stream?.close().catch(() => {});
  }

  /** A stream says nothing when it begins: it is there when it hears a call of ours. */
  async #untilListening(): Promise<void> {
    let listening = false;
    this.#listening.promise.then(() => listening = true);
    for (let tries = 0; !listening; tries++) {
      if (tries > 100) throw new Error("Listening to MongoDB's change stream: nothing is heard");
      await this.#insert(0, new Uint8Array());
      await Promise.race([this.#listening.promise, delay(100)]);
    }
  }

  async #listen(): Promise<void> {
    while (!this.#closing) {
      try {
        this.#stream = this.#batches.watch<Batch>([{ $match: { operationType: "insert" } }]);
        for await (const change of this.#stream) {
          if (change.operationType === "insert") {
            this.#hear(change.fullDocument as unknown as Batch);
          }
        }
      } catch (error) {
        if (this.#closing) return;
        this.options.log.warn("Listening to MongoDB's change stream failed", { error });
      }
      if (this.#closing) return;
      await delay(RETRY_MS);
      // What the next stream does not give is found in the Store.
      this.#heard.clear();
      this.#events?.onGap();
    }
  }

  #hear({ instance, n, batch }: Batch): void {
    if (instance === this.options.instances.id) return this.#listening.resolve();
    const last = this.#heard.get(instance);
    if (last === undefined) this.options.instances.look().catch(() => {});
    if (n === 0 || (last !== undefined && n <= last)) return;
    this.#heard.set(instance, n);
    if (last !== undefined && n > last + 1) this.#events?.onGap();
    this.#hand(instance, bytesOf(batch));
  }

  #hand(instance: string, batch: Uint8Array): void {
    const events = this.#events!;
    try {
      const { signals, gap } = decodeSignals(batch);
      if (gap) events.onGap();
      if (signals.length > 0) events.onSignals(signals, instance);
    } catch (error) {
      this.options.log.warn("A batch of another instance could not be taken in", {
        instance,
        error,
      });
      events.onGap();
    }
  }

  async #append(batch: Uint8Array): Promise<void> {
    const n = this.options.instances.head + 1;
    for (;;) {
      try {
        await this.#pulse.run(() => this.#insert(n, batch));
        this.options.instances.head = n;
        return;
      } catch (error) {
        if (this.#closing) throw error;
        this.options.log.warn("Writing to the signals failed", { error });
        await delay(RETRY_MS);
      }
    }
  }

  /** Without waiting for a majority: what a failover takes back is a gap, no more. */
  async #insert(n: number, batch: Uint8Array): Promise<void> {
    const instance = this.options.instances.id;
    await this.#batches.insertOne({ instance, n, batch, at: new Date() });
  }
}

/** The driver gives a Binary, which has its bytes in a buffer that may be longer. */
function bytesOf(batch: Uint8Array | { value(): Uint8Array }): Uint8Array {
  return batch instanceof Uint8Array ? batch : batch.value();
}
