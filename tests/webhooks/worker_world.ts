import { jsonLog } from "../../src/core/log.ts";
import type { WebhookDelivery, WebhookEndpoint } from "../../src/model/webhook.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { WebhookHealth } from "../../src/webhooks/health.ts";
import { WebhookPayloads } from "../../src/webhooks/payloads.ts";
import { UnreadableSecret } from "../../src/webhooks/secrets.ts";
import type { WebhookResult } from "../../src/webhooks/sender.ts";
import { WebhookSubscriptions } from "../../src/webhooks/subscriptions.ts";
import { WebhookWorker } from "../../src/webhooks/worker.ts";
import { T0 } from "../contract/store/rows.ts";
import { aDelivery, anEndpoint } from "../contract/store/webhooks.ts";
import { eventually } from "../support/eventually.ts";

/** A poll that does not come by itself during a test. */
const NEVER_MS = 600_000;

/**
 * Several instances with one store, which deliver webhooks from it. `outcome` says how each
 * delivery ends.
 */
export class WorkerWorld implements AsyncDisposable {
  readonly store = new SqliteStore(":memory:");
  now = T0;
  readonly clock = { now: () => this.now };
  readonly subscriptions = new WebhookSubscriptions(this.store, this.clock);
  readonly lines: string[] = [];
  /** Ids of the deliveries of each request, by the number of the instance. */
  readonly sent: { by: number; id: string }[] = [];
  outcome: WebhookResult["outcome"] = "delivered";
  afterMs = 0;
  /** Number of requests that fail before `outcome` holds. */
  failures = 0;
  /** Requests are answered once it resolves. */
  held: Promise<void> | undefined;
  isSecretReadable = true;
  refreshes = 0;
  readonly #workers: WebhookWorker[] = [];

  async endpoint(fields: Partial<WebhookEndpoint> = {}): Promise<WebhookEndpoint> {
    const endpoint = anEndpoint(fields);
    await this.store.webhooks.create(endpoint, Infinity);
    await this.subscriptions.refresh();
    return endpoint;
  }

  /** Adds pending deliveries, in one lane if it is given. */
  async add(
    { id }: WebhookEndpoint,
    count: number,
    fields: Partial<WebhookDelivery> = {},
  ): Promise<WebhookDelivery[]> {
    const rows = Array.from(
      { length: count },
      (_, n) => aDelivery(id, { position: n, createdAt: this.now, dueAt: this.now, ...fields }),
    );
    await this.store.webhookDeliveries.add(rows);
    return rows;
  }

  async worker(limits = { webhookBacklog: 10_000, webhookLog: 100 }): Promise<WebhookWorker> {
    const { store, clock, subscriptions } = this;
    const by = this.#workers.length;
    const log = jsonLog("warn", (line) => void this.lines.push(line));
    const audit = {
      entryOf: (_by: unknown, note: object) => note,
      written: () => Promise.resolve(),
    } as never;
    const worker = new WebhookWorker({
      store,
      subscriptions,
      refresh: () => {
        this.refreshes++;
        return subscriptions.refresh();
      },
      payloads: new WebhookPayloads(store),
      sender: {
        send: async ({ id }, signal) => {
          this.sent.push({ by, id });
          const stopped = new Promise((resolve) => signal.addEventListener("abort", resolve));
          const outcome = this.failures-- > 0 ? "retry" : this.outcome;
          await Promise.race([this.held, stopped]);
          const status = outcome === "delivered" ? 200 : 500;
          const answer = { at: this.now, status, body: "", durationMs: 1, error: null };
          return { outcome, afterMs: this.afterMs, answer };
        },
      },
      health: new WebhookHealth({
        store: { webhooks: store.webhooks, audit: { add: () => Promise.resolve() } as never },
        audit,
        clock,
        log,
        onChanged: () => subscriptions.refresh(),
      }),
      keysOf: () =>
        this.isSecretReadable ? Promise.resolve([]) : Promise.reject(new UnreadableSecret(null)),
      observe() {},
      clock,
      log,
      limits,
      pollMs: NEVER_MS,
    });
    this.#workers.push(worker);
    await worker.start();
    return worker;
  }

  /** Polls, and resolves once what that began is done. */
  async round(worker: WebhookWorker): Promise<void> {
    await worker.poll();
    await eventually("it rests", () => !worker.isBusy);
  }

  pending({ id }: WebhookEndpoint): Promise<WebhookDelivery[]> {
    return this.store.webhookDeliveries.pending(id, "", 10_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
    await this.store.close();
  }
}
