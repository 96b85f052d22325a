import { delay } from "../../core/delay.ts";
import type { Log } from "../../core/log.ts";
import type { BrokerEvents } from "../broker.ts";
import { handOn } from "../shared/broker.ts";
import type { InstanceRow, Instances } from "../shared/instances.ts";
import { headKey, outboxKey, REGISTRY_KEY } from "./keys.ts";
import type { ServiceMonitor } from "../shared/service_monitor.ts";

export interface OutboxReaderOptions {
  /** For reading. */
  kv: Deno.Kv;
  /** For watching. */
  watchKv: Deno.Kv;
  instances: Instances;
  log: Log;
  events: BrokerEvents;
  monitor: ServiceMonitor;
}

/** Limits of Deno KV: keys of one `watch` and of one `getMany`. */
const KEYS_AT_ONCE = 10;
const RETRY_MS = 500;
const MOST_REMEMBERED = 1_000;

interface Outbox {
  /** The number of the last batch read. */
  cursor: number;
  /** The number of the last batch heard of. */
  head: number;
}

/**
 * Reads the outboxes of the other instances. Their heads are watched as doorbells, never relied on:
 * `Deno.Kv.watch` merges what comes fast, and a row's head, seen with every beat, tells of a lost one.
 */
export class OutboxReader {
  readonly #outboxes = new Map<string, Outbox>();
  /** How far the outboxes of those who are gone were read, should they be back. */
  readonly #readBefore = new Map<string, number>();
  #watchers: ReadableStreamDefaultReader<unknown>[] = [];
  #wakeUp = Promise.withResolvers<void>();
  #closed = false;
  #reading: Promise<void> | null = null;

  constructor(private readonly options: OutboxReaderOptions) {}

  /** Begins after what is there now. */
  async start(): Promise<void> {
    const { instances } = this.options;
    instances.listen({
      onJoined: (id) => {
        // It began after this instance: all it has said is still to be heard. Or it was thought dead.
        const cursor = this.#readBefore.get(id) ?? 0;
        this.#outboxes.set(id, { cursor, head: cursor });
        this.#watchAnew();
      },
      onGone: (id) => {
        this.#remember(id);
        if (this.#outboxes.delete(id)) this.options.events.onGone(id);
        this.#watchAnew();
      },
    });
    instances.listen({ onLooked: () => this.#notify() });
    await instances.start();
    await this.#readHeads(instances.peers());
    this.#watchAnew();
    this.#reading = this.#read();
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

  #remember(id: string): void {
    const outbox = this.#outboxes.get(id);
    if (!outbox) return;
    this.#readBefore.set(id, outbox.cursor);
    const [first] = this.#readBefore.keys();
    if (this.#readBefore.size > MOST_REMEMBERED) this.#readBefore.delete(first);
  }

  async #readHeads(peers: InstanceRow[]): Promise<void> {
    for (const some of chunked(peers, KEYS_AT_ONCE)) {
      const entries = await this.options.kv.getMany<number[]>(some.map(({ id }) => headKey(id)));
      for (const [i, { id, head: said }] of some.entries()) {
        // Sweeping a dead one takes its head away before its row, which says how far it had come.
        const head = Math.max(entries[i].value ?? 0, said);
        // Nobody else may have put it here while the heads were asked for.
        if (!this.#outboxes.has(id)) this.#outboxes.set(id, { cursor: head, head });
      }
    }
  }

  #watchAnew(): void {
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
        for (const entry of entries) this.#rang(entry, first);
      }
    } catch (error) {
      if (this.#closed || !this.#watchers.includes(reader)) return;
      this.options.log.warn("Watching other instances failed", { error, keys: keys.length });
      setTimeout(() => this.#watchAnew(), RETRY_MS);
    }
  }

  #rang({ key, value }: Deno.KvEntryMaybe<unknown>, first: boolean): void {
    if (key[0] === REGISTRY_KEY[0]) {
      // The first value is what was there; a look was had just before.
      if (!first) this.options.instances.look().catch(() => {});
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
        const awake = this.#awake();
        const more = awake.length > 0 && await this.#readSome(awake);
        if (!more) await this.#wakeUp.promise;
      } catch (error) {
        if (this.#closed) return;
        this.options.log.warn("Reading outboxes failed", { error });
        await delay(RETRY_MS);
      }
    }
  }

  #awake(): [string, Outbox][] {
    // A row's head is seen with every beat, should a bell be lost.
    for (const { id, head } of this.options.instances.peers()) {
      const outbox = this.#outboxes.get(id);
      if (outbox && head > outbox.head) outbox.head = head;
    }
    return [...this.#outboxes].filter(([, { cursor, head }]) => head > cursor);
  }

  /** True if there may be more at once. */
  async #readSome(awake: [string, Outbox][]): Promise<boolean> {
    let more = false;
    for (const some of chunked(awake, KEYS_AT_ONCE)) {
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
        // Thought gone and back meanwhile: it is read on from where it was, not from here too.
        if (this.#outboxes.get(id) !== outbox) continue;
        this.#take(id, outbox, batches, heads[i]);
        more ||= outbox.head > outbox.cursor;
      }
    }
    return more;
  }

  /** `head` is what was known before the batches were read: up to there they must be there. */
  #take(id: string, outbox: Outbox, batches: (Uint8Array | null)[], head: number): void {
    const { events, log } = this.options;
    for (const batch of batches) {
      if (batch === null) {
        if (outbox.cursor < head) this.#skip(id, outbox, head);
        return;
      }
      outbox.cursor++;
      outbox.head = Math.max(outbox.head, outbox.cursor);
      handOn(batch, id, events, log);
    }
  }

  #skip(id: string, outbox: Outbox, head: number): void {
    this.options.log.info("Batches of another instance are gone", { instance: id, upTo: head });
    outbox.cursor = head;
    this.options.events.onGap();
  }
}

function chunked<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}
