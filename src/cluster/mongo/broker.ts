import type { ChangeStream, Collection, Db } from "mongodb";
import { delay } from "../../core/delay.ts";
import type { Log } from "../../core/log.ts";
import type { BrokerEvents } from "../broker.ts";
import { handOn, SharedBroker } from "../shared/broker.ts";
import type { OnBrokerCall } from "../broker_metrics.ts";
import type { Instances } from "../shared/instances.ts";

export interface MongoBrokerOptions {
  db: Db;
  /** Whose table is in the same database. Started by the broker; left when it closes. */
  instances: Instances;
  log: Log;
  onCall?: OnBrokerCall;
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
/** How often, and how many times, an instance calls itself to learn whether its stream is there. */
const CALL_EVERY_MS = 100;
const MOST_CALLS = 100;
const MOST_REMEMBERED = 1_000;

/**
 * The same batches through a change stream, for hosts that run MongoDB and no Deno KV. The driver
 * resumes a stream that breaks; where the server no longer has what lies between, or a number is
 * missing, there is a gap, and the Store is asked.
 */
export class MongoBroker extends SharedBroker {
  readonly #batches: Collection<Batch>;
  /** The last number heard of each instance, of those who are gone too, should they be back. */
  readonly #heard = new Map<string, number>();
  /** What each instance had said at the last look: by the next one, that has been heard or is lost. */
  readonly #said = new Map<string, number>();
  #events: BrokerEvents | null = null;
  #stream: ChangeStream<Batch> | null = null;
  #listening = Promise.withResolvers<void>();

  constructor({ db, instances, log, gatherMs = 3, onCall }: MongoBrokerOptions) {
    const batches = { gatherMs, smallBytes: 16_000, largeBytes: 1_000_000 };
    super({ service: "MongoDB", instances, log, batches, onCall });
    // Without waiting for a majority: what a failover takes back is a gap, no more.
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
        this.#said.delete(id);
        events.onGone(id);
        if (!left) events.onDied();
      },
      onLooked: () => this.#missLost(),
    });
    await this.instances.start();
    // Who hears of one whom they do not know looks for its row, which is there only now.
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
   * A stream says nothing when it begins: it is there when it hears a call of ours. False if another
   * stream has taken its place meanwhile.
   */
  async #untilListening(): Promise<boolean> {
    const listening = this.#listening;
    let heard = false;
    listening.promise.then(() => heard = true);
    for (let calls = 0; !heard; calls++) {
      if (listening !== this.#listening || this.isClosing) return false;
      if (calls > MOST_CALLS) {
        throw new Error("Listening to MongoDB's change stream: nothing is heard");
      }
      await this.monitor.run("write", () => this.write(0, new Uint8Array()));
      await Promise.race([listening.promise, delay(CALL_EVERY_MS)]);
    }
    return true;
  }

  async #listen(): Promise<void> {
    while (!this.isClosing) {
      try {
        this.#stream = this.#batches.watch<Batch>([{ $match: { operationType: "insert" } }]);
        for await (const change of this.#stream) {
          if (change.operationType === "insert") {
            this.#hear(change.fullDocument as unknown as Batch);
          }
        }
      } catch (error) {
        if (this.isClosing) return;
        this.log.warn("Listening to MongoDB's change stream failed", { error });
      }
      if (this.isClosing) return;
      await delay(RETRY_MS);
      this.#listening = Promise.withResolvers();
      this.#untilAgain();
    }
  }

  /** What the stream before did not give is asked of the Store, once the next one is there. */
  async #untilAgain(): Promise<void> {
    const listening = this.#listening;
    while (listening === this.#listening && !this.isClosing) {
      try {
        if (await this.#untilListening()) this.#events?.onGap();
        return;
      } catch (error) {
        this.log.warn("Beginning another change stream failed", { error });
        await delay(RETRY_MS);
      }
    }
  }

  /** A stream that is resumed may have lost what was written while it was cut off, and not say so. */
  #missLost(): void {
    for (const { id, head } of this.instances.peers()) {
      const [heard, said] = [this.#heard.get(id), this.#said.get(id)];
      this.#said.set(id, head);
      if (heard === undefined || said === undefined || heard >= said) continue;
      this.#heard.set(id, said);
      this.#events?.onGap();
    }
  }

  /** Among the last who are gone; those before are forgotten. */
  #remember(id: string): void {
    const last = this.#heard.get(id);
    if (last === undefined) return;
    this.#heard.delete(id);
    this.#heard.set(id, last);
    const [first] = this.#heard.keys();
    if (this.#heard.size > MOST_REMEMBERED) this.#heard.delete(first);
  }

  #hear({ instance, n, batch }: Batch): void {
    if (instance === this.instances.id) return this.#listening.resolve();
    const last = this.#heard.get(instance);
    if (last === undefined) this.instances.look().catch(() => {});
    if (n === 0 || (last !== undefined && n <= last)) return;
    this.#heard.set(instance, n);
    if (last !== undefined && n > last + 1) this.#events?.onGap();
    handOn(bytesOf(batch), instance, this.#events!, this.log);
  }
}

/** The driver gives a Binary, which has its bytes in a buffer that may be longer. */
function bytesOf(batch: Uint8Array | { value(): Uint8Array }): Uint8Array {
  return batch instanceof Uint8Array ? batch : batch.value();
}
