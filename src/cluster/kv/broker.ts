import type { Log } from "../../core/log.ts";
import type { ChatCommit } from "../../model/chat_step.ts";
import type { BrokerEvents } from "../broker.ts";
import { HandedCommits } from "./handed_commits.ts";
import { OutboxReader } from "./outbox_reader.ts";
import { SharedBroker } from "../shared/broker.ts";
import type { OnBrokerCall } from "../broker_metrics.ts";
import type { Instances } from "../shared/instances.ts";
import { headKey, outboxKey } from "./keys.ts";
import type { ThreadChannel } from "./thread_channel.ts";

export interface KvBrokerOptions {
  kv: Deno.Kv;
  /**
   * Separate connections for reading and watching, best for a `denokv` server: on one that they
   * share with commits, small requests wait for each other's acknowledgements (p50 62 ms, not 18
   * ms).
   */
  readKv?: Deno.Kv;
  watchKv?: Deno.Kv;
  /**
   * Instances whose table is on the same KV. Started by the broker; deregistered when it closes.
   */
  instances: Instances;
  /** Reaches the instances of this process; closed by the broker. */
  threads?: ThreadChannel;
  log: Log;
  onCall?: OnBrokerCall;
  gatherMs?: number;
}

/** Longer than an instance that is considered alive may need to read the batch. */
const KEEP_MS = 120_000;

/**
 * Each instance writes an outbox of its batches, and every other instance reads it. No two
 * instances ever write one key, so nothing can conflict; a batch and the head that points to it are
 * one commit, so a visible head means that its batch exists.
 *
 * While all other instances are threads of this process, batches go to them directly, and none is
 * written. An instance that joins from elsewhere finds their numbers missing, and catches up.
 *
 * Batches stay below 900 bytes while possible: a request to a `denokv` server of more than 1,024
 * bytes takes 45 ms instead of 0.6 ms with default Linux settings (Nagle's algorithm and delayed
 * acknowledgements). A value may have 64 KiB. Without an interval between batches the watches of
 * the other instances ring more often than such a line can carry, and everything arrives later.
 */
export class KvBroker extends SharedBroker {
  #outbox: OutboxReader | null = null;
  readonly #commits = new HandedCommits();

  constructor(private readonly options: KvBrokerOptions) {
    const { instances, log, gatherMs = 12, onCall } = options;
    const batches = { gatherMs, smallBytes: 800, largeBytes: 60_000 };
    super({ service: "Deno KV", instances, log, batches, onCall, repeatsCalls: true });
  }

  override async start(events: BrokerEvents): Promise<void> {
    const { kv, readKv = kv, watchKv = kv, instances, threads, log } = this.options;
    instances.listen({
      onGone: (id, left) => {
        threads?.forget(id);
        if (!left) events.onDied();
      },
      sweep: async ({ id }) => {
        await this.monitor.run("write", () => kv.delete(headKey(id)));
      },
    });
    const { monitor } = this;
    const outbox = new OutboxReader({
      kv: readKv,
      watchKv,
      instances,
      threads,
      log,
      events,
      monitor,
    });
    this.#outbox = outbox;
    threads?.start((from, batch) => outbox.receive(from, batch));
    await outbox.start();
  }

  handOver(commit: ChatCommit): void {
    if (!this.instances.isAlone && this.#reachesAll()) this.#commits.add(commit);
  }

  protected override write(n: number, batch: Uint8Array): Promise<unknown> {
    const { kv, instances, threads } = this.options;
    const commits = this.#commits.take();
    if (this.#reachesAll()) return Promise.resolve(threads!.send({ n, signals: batch, commits }));
    return kv.atomic().set(outboxKey(instances.id, n), batch, { expireIn: KEEP_MS })
      .set(headKey(instances.id), n).commit();
  }

  protected override onRecovered(): void {
    this.#outbox?.onRecovered();
  }

  #reachesAll(): boolean {
    const { threads, instances } = this.options;
    return threads !== undefined && instances.peers().every(({ id }) => threads.has(id));
  }

  protected override stop(): void {
    this.#outbox?.close();
    this.options.threads?.close();
  }
}
