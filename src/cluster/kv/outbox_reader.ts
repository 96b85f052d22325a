import { delay } from "../../core/delay.ts";
import type { Log } from "../../core/log.ts";
import type { BrokerEvents } from "../broker.ts";
import { deliverBatch } from "../shared/broker.ts";
import type { InstanceRow, Instances } from "../shared/instances.ts";
import { headKey, outboxKey, REGISTRY_KEY } from "./keys.ts";
import type { ServiceMonitor } from "../shared/service_monitor.ts";
import type { ThreadBatch, ThreadChannel } from "./thread_channel.ts";

export interface OutboxReaderOptions {
  /** Connection for reading. */
  kv: Deno.Kv;
  /** Connection for watching. */
  watchKv: Deno.Kv;
  instances: Instances;
  /** Instances whose batches are given to `receive`, at least some of them. */
  threads?: Pick<ThreadChannel, "has">;
  log: Log;
  events: BrokerEvents;
  monitor: ServiceMonitor;
}

/** Limits of Deno KV: keys of one `watch` and of one `getMany`. */
const KEYS_AT_ONCE = 10;
const RETRY_MS = 500;
const MAX_REMEMBERED = 1_000;
/** Batches kept for an instance that has begun and was not noticed yet. */
const MAX_RECEIVED = 1_000;

interface Outbox {
  /** The number of the last batch read. */
  cursor: number;
  /** The highest known batch number. */
  head: number;
  /** A thread's head in its row, as of the heartbeat before the last. */
  announced: number;
}

/**
 * Reads the outboxes of the other instances. Their heads are watched only as wake-ups:
 * `Deno.Kv.watch` merges fast changes and may lose one, and the head in an instance's row, read
 * with every heartbeat, makes up for it.
 */
export class OutboxReader {
  readonly #outboxes = new Map<string, Outbox>();
  /** Batches that came directly and are not delivered yet, by instance and number. */
  readonly #received = new Map<string, Map<number, ThreadBatch>>();
  /** Last batch read of each instance that is gone, in case it returns. */
  readonly #cursorsOfGone = new Map<string, number>();
  #watchers: ReadableStreamDefaultReader<unknown>[] = [];
  #wakeUp = Promise.withResolvers<void>();
  #closed = false;
  #reading: Promise<void> | null = null;

  constructor(private readonly options: OutboxReaderOptions) {}

  /** Begins after the batches that exist now. */
  async start(): Promise<void> {
    const { instances } = this.options;
    instances.listen({
      onJoined: (id) => {
        // It began after this instance, so its whole outbox is unread. Or it was considered dead
        // and has returned.
        const cursor = this.#cursorsOfGone.get(id) ?? 0;
        this.#outboxes.set(id, outboxAt(cursor));
        this.#admit(id);
        this.#restartWatch();
      },
      onGone: (id) => {
        this.#remember(id);
        this.#received.delete(id);
        if (this.#outboxes.delete(id)) this.options.events.onGone(id);
        this.#restartWatch();
      },
    });
    instances.listen({ onRefreshed: () => this.#onRefreshed() });
    await instances.start();
    await this.#readHeads(instances.peers());
    this.#restartWatch();
    this.#reading = this.#read();
  }

  /** Takes a batch that its instance, a thread of this process, has not written. */
  receive(id: string, batch: ThreadBatch): void {
    let received = this.#received.get(id);
    if (!received) this.#received.set(id, received = new Map());
    if (received.size < MAX_RECEIVED) received.set(batch.n, batch);
    this.#admit(id);
  }

  onRecovered(): void {
    this.options.events.onGap();
    this.#notify();
  }

  close(): void {
    this.#closed = true;
    for (const watcher of this.#watchers) watcher.cancel().catch(() => {});
    this.#notify();
  }

  /** Lets the instance's outbox be read up to the batches that were received. */
  #admit(id: string): void {
    const outbox = this.#outboxes.get(id);
    if (!outbox) return;
    this.#dropReceived(id, outbox.cursor);
    for (const n of this.#received.get(id)?.keys() ?? []) outbox.head = Math.max(outbox.head, n);
    this.#notify();
  }

  #dropReceived(id: string, upTo: number): void {
    const received = this.#received.get(id);
    for (const n of received?.keys() ?? []) if (n <= upTo) received!.delete(n);
  }

  /**
   * A thread's head is believed one heartbeat later: the batch itself may be on its way, and counts
   * as lost if it is not in the outbox.
   */
  #onRefreshed(): void {
    for (const { id, head } of this.options.instances.peers()) {
      const outbox = this.#outboxes.get(id);
      if (!outbox) continue;
      const known = this.options.threads?.has(id) ? outbox.announced : head;
      outbox.head = Math.max(outbox.head, known);
      outbox.announced = head;
    }
    this.#notify();
  }

  #remember(id: string): void {
    const outbox = this.#outboxes.get(id);
    if (!outbox) return;
    this.#cursorsOfGone.set(id, outbox.cursor);
    const [first] = this.#cursorsOfGone.keys();
    if (this.#cursorsOfGone.size > MAX_REMEMBERED) this.#cursorsOfGone.delete(first);
  }

  async #readHeads(peers: InstanceRow[]): Promise<void> {
    for (const some of chunked(peers, KEYS_AT_ONCE)) {
      const entries = await this.options.kv.getMany<number[]>(some.map(({ id }) => headKey(id)));
      for (const [i, { id, head: announced }] of some.entries()) {
        // Sweeping a dead instance deletes its head before its row, which has the last head too.
        const head = Math.max(entries[i].value ?? 0, announced);
        // A listener may have added it while the heads were read.
        if (!this.#outboxes.has(id)) this.#outboxes.set(id, outboxAt(head));
        this.#admit(id);
      }
    }
  }

  #restartWatch(): void {
    for (const watcher of this.#watchers) watcher.cancel().catch(() => {});
    if (this.#closed) return;
    const ids = [...this.#outboxes.keys()];
    const keys = [REGISTRY_KEY, ...ids.map(headKey)];
    this.#watchers = chunked(keys, KEYS_AT_ONCE).map((some) => this.#watch(some));
  }

  #watch(keys: Deno.KvKey[]): ReadableStreamDefaultReader<unknown> {
    const reader = this.options.watchKv.watch(keys).getReader();
    this.#listenTo(reader, keys);
    return reader;
  }

  async #listenTo(
    reader: ReadableStreamDefaultReader<Deno.KvEntryMaybe<unknown>[]>,
    keys: Deno.KvKey[],
  ): Promise<void> {
    try {
      for (let first = true;; first = false) {
        const { done, value: entries } = await reader.read();
        if (done) return;
        for (const entry of entries) this.#onChange(entry, first);
      }
    } catch (error) {
      if (this.#closed || !this.#watchers.includes(reader)) return;
      this.options.log.warn("Outbox watch failed", { error, keys: keys.length });
      setTimeout(() => this.#restartWatch(), RETRY_MS);
    }
  }

  #onChange({ key, value }: Deno.KvEntryMaybe<unknown>, first: boolean): void {
    if (key[0] === REGISTRY_KEY[0]) {
      // The first value is the current one; the instances were read just before.
      if (!first) this.options.instances.refresh().catch(() => {});
      return;
    }
    const outbox = this.#outboxes.get(key[1] as string);
    if (!outbox || typeof value !== "number" || value <= outbox.head) return;
    outbox.head = value;
    this.#notify();
  }

  #notify(): void {
    this.#wakeUp.resolve();
  }

  async #read(): Promise<void> {
    while (!this.#closed) {
      this.#wakeUp = Promise.withResolvers();
      try {
        this.#deliverReceived();
        const unread = this.#unread();
        const more = unread.length > 0 && await this.#readSome(unread);
        if (!more) await this.#wakeUp.promise;
      } catch (error) {
        if (this.#closed) return;
        this.options.log.warn("Outbox read failed", { error });
        await delay(RETRY_MS);
      }
    }
  }

  #unread(): [string, Outbox][] {
    return [...this.#outboxes].filter(([, { cursor, head }]) => head > cursor);
  }

  #deliverReceived(): void {
    for (const [id, outbox] of this.#outboxes) {
      while (this.#deliverNext(id, outbox)) continue;
    }
  }

  /** Delivers the next batch if it was received. */
  #deliverNext(id: string, outbox: Outbox): boolean {
    const received = this.#received.get(id);
    const batch = received?.get(outbox.cursor + 1);
    if (batch === undefined) return false;
    received!.delete(++outbox.cursor);
    const { events, log } = this.options;
    if (batch.commits.length > 0) events.onCommits?.(batch.commits);
    deliverBatch(batch.signals, id, events, log);
    return true;
  }

  /** True if there may be more to read. */
  async #readSome(unread: [string, Outbox][]): Promise<boolean> {
    let more = false;
    for (const some of chunked(unread, KEYS_AT_ONCE)) {
      const each = Math.floor(KEYS_AT_ONCE / some.length);
      const wanted = some.map(([id, { cursor, head }]) =>
        Array.from(
          { length: Math.min(each, head - cursor) },
          (_, i) => outboxKey(id, cursor + 1 + i),
        )
      );
      const heads = some.map(([, { head }]) => head);
      const entries = await this.options.monitor.run(
        "read",
        () => this.options.kv.getMany<Uint8Array[]>(wanted.flat()),
      );
      for (const [i, [id, outbox]] of some.entries()) {
        const batches = entries.splice(0, wanted[i].length).map(({ value }) => value);
        // Considered dead and back in the meantime: the new entry reads on, so this one must not.
        if (this.#outboxes.get(id) !== outbox) continue;
        this.#deliver(id, outbox, batches, heads[i]);
        more ||= outbox.head > outbox.cursor;
      }
    }
    return more;
  }

  /**
   * `head` is the highest number known before the batches were read: batches up to it must exist.
   */
  #deliver(id: string, outbox: Outbox, batches: (Uint8Array | null)[], head: number): void {
    const { events, log } = this.options;
    for (const batch of batches) {
      if (batch === null) {
        if (this.#deliverNext(id, outbox)) continue;
        if (outbox.cursor < head) this.#skip(id, outbox, head);
        return;
      }
      outbox.cursor++;
      outbox.head = Math.max(outbox.head, outbox.cursor);
      deliverBatch(batch, id, events, log);
    }
  }

  #skip(id: string, outbox: Outbox, head: number): void {
    this.options.log.info("Batches of another instance have expired", { instance: id, upTo: head });
    outbox.cursor = head;
    this.#dropReceived(id, head);
    this.options.events.onGap();
  }
}

function outboxAt(cursor: number): Outbox {
  return { cursor, head: cursor, announced: cursor };
}

function chunked<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}
