import { CircuitBreaker } from "../core/circuit_breaker.ts";
import type { Clock } from "../core/clock.ts";
import { forEachOf } from "../core/concurrency.ts";
import { delay } from "../core/delay.ts";
import type { Log } from "../core/log.ts";
import type { SigningKey } from "../core/webhook_signature.ts";
import type { WebhookDelivery, WebhookEndpoint } from "../model/webhook.ts";
import type { Store } from "../store/store.ts";
import type { DeliveryChange } from "../store/webhook_store.ts";
import type { WebhookHealth } from "./health.ts";
import type { WebhookPayloads } from "./payloads.ts";
import { type Batch, lanesOf, requestOf, streamsOf } from "./requests.ts";
import { GIVE_UP_MS, retryAt } from "./retry_times.ts";
import { UnreadableSecret } from "./secrets.ts";
import type { WebhookResult, WebhookSender } from "./sender.ts";
import { Settlements } from "./settlements.ts";

export interface RunnerOptions {
  store: Pick<Store, "webhookDeliveries">;
  payloads: WebhookPayloads;
  sender: Pick<WebhookSender, "send">;
  health: WebhookHealth;
  /** The endpoint as it is now; undefined if it was deleted. */
  endpoint(): WebhookEndpoint | undefined;
  /** The keys of its secrets that have not expired, the current one first. */
  keysOf(endpoint: WebhookEndpoint): Promise<SigningKey[]>;
  /** False once another instance may have taken the lease. */
  mayRun(): boolean;
  clock: Clock;
  log: Log;
  observe(outcome: WebhookResult["outcome"], ageMs: number): void;
}

/** Pending deliveries that are read at once. */
const PAGE = 256;
/** Concurrent requests to one endpoint. */
const AT_ONCE = 8;
/**
 * Milliseconds from the beginning of a round to the next: what a quiet endpoint gets is sent at
 * once, and what comes meanwhile shares the reads, the write and, in batches, the request.
 */
const ROUND_MS = 100;
const BREAKER = { failures: 5, firstPauseMs: 10_000 };

/**
 * Sends what waits for one endpoint. Only the instance that holds the endpoint's lease runs one, so
 * that each chat's events are sent one after the other. Nothing is shared with other endpoints, and
 * one that fails is soon tried with a single request at a time, and then seldom.
 */
export class EndpointRunner {
  readonly #options: RunnerOptions;
  readonly #settlements: Settlements;
  readonly #breaker = new CircuitBreaker(BREAKER);
  readonly #stop = new AbortController();
  #oldestPendingAt: number | null = null;
  #isWanted = false;
  #running: Promise<void> | null = null;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#settlements = new Settlements(options.store.webhookDeliveries);
  }

  get isBusy(): boolean {
    return this.#running !== null;
  }

  /** When the oldest event was written that the last round left undelivered; null without one. */
  get oldestPendingAt(): number | null {
    return this.#oldestPendingAt;
  }

  /** Looks for deliveries that are due, once more if a round is in progress. */
  wake(): void {
    this.#isWanted = true;
    this.#running ??= this.#run().finally(() => this.#running = null);
  }

  /** Aborts requests in flight: the next holder of the lease repeats them. */
  async close(): Promise<void> {
    this.#stop.abort(new DOMException("The server is stopping", "AbortError"));
    await this.#running;
  }

  get #mayRun(): boolean {
    return !this.#stop.signal.aborted && this.#options.mayRun();
  }

  async #run(): Promise<void> {
    const { log, clock } = this.#options;
    try {
      while (this.#isWanted && this.#mayRun && this.#breaker.waitMs(clock.now()) === 0) {
        this.#isWanted = false;
        const began = performance.now();
        if (await this.#round()) continue;
        const restMs = began + ROUND_MS - performance.now();
        if (restMs > 0) await delay(restMs, this.#stop.signal);
      }
    } catch (error) {
      log.warn("Sending webhooks failed; they are retried", { error });
    }
  }

  /**
   * Sends what is due, page by page; what is left of a lane is for the next round. Returns true if
   * more than a page was waiting: then that round begins at once.
   */
  async #round(): Promise<boolean> {
    const { store } = this.#options;
    let isBehind = false;
    let oldest = Infinity;
    for (let lane = ""; this.#mayRun;) {
      const endpoint = this.#options.endpoint();
      if (endpoint === undefined || endpoint.status === "paused") break;
      const rows = await store.webhookDeliveries.pending(endpoint.id, lane, PAGE);
      if (rows.length === 0) break;
      const left = await this.#sendPage(endpoint, rows);
      oldest = left.reduce((min, { createdAt }) => Math.min(min, createdAt), oldest);
      if (left.length < rows.length && rows.length === PAGE) isBehind = true;
      if (rows.length < PAGE || this.#breaker.waitMs(this.#options.clock.now()) > 0) break;
      lane = rows.at(-1)!.lane;
    }
    this.#oldestPendingAt = Number.isFinite(oldest) ? oldest : null;
    this.#isWanted ||= isBehind;
    return isBehind;
  }

  /** Returns the rows that are still pending: neither delivered nor given up. */
  async #sendPage(
    endpoint: WebhookEndpoint,
    rows: readonly WebhookDelivery[],
  ): Promise<WebhookDelivery[]> {
    const now = this.#options.clock.now();
    const isOver = ({ createdAt }: WebhookDelivery) => createdAt + GIVE_UP_MS <= now;
    const over = rows.filter(isOver);
    this.#settlements.add(over.map(givenUp));
    if (over.length > 0) await this.#options.health.gaveUp(endpoint);
    const lanes = lanesOf(rows.filter((row) => !isOver(row)))
      .filter(([first]) => first.dueAt! <= now);
    const left = new Set(rows.filter((row) => !isOver(row)));
    const keys = lanes.length === 0 ? [] : await this.#keysOf(endpoint);
    if (keys === null) return [...left];
    const atOnce = this.#breaker.concurrency(AT_ONCE);
    await forEachOf(streamsOf(endpoint, lanes), atOnce, async (batches) => {
      for (const batch of batches) {
        if (!await this.#attempt(endpoint, keys, batch)) return;
        for (const row of batch.rows) left.delete(row);
      }
    });
    await this.#settlements.flush();
    return [...left];
  }

  /** Returns null if the secret was stored under a key that is gone, which counts as a failure. */
  async #keysOf(endpoint: WebhookEndpoint): Promise<SigningKey[] | null> {
    const { keysOf, health, clock } = this.#options;
    try {
      return await keysOf(endpoint);
    } catch (error) {
      if (!(error instanceof UnreadableSecret)) throw error;
      this.#breaker.failed(clock.now());
      await health.failed(endpoint, "its secret cannot be read: rotate it");
      return null;
    }
  }

  /** Returns false if the rest of the stream has to wait. */
  async #attempt(
    endpoint: WebhookEndpoint,
    keys: readonly SigningKey[],
    batch: Batch,
  ): Promise<boolean> {
    const { sender, payloads, clock, observe } = this.#options;
    if (!this.#mayRun || this.#breaker.waitMs(clock.now()) > 0) return false;
    const request = requestOf(endpoint, batch, await payloads.of(batch.rows));
    const result = await sender.send({ url: endpoint.url, keys, ...request }, this.#stop.signal);
    if (this.#stop.signal.aborted) return false;
    const now = clock.now();
    for (const { createdAt } of batch.rows) observe(result.outcome, now - createdAt);
    this.#settlements.add(batch.rows.map((row) => changeOf(row, result, now)));
    await this.#judge(result);
    return result.outcome === "delivered";
  }

  /** Reads the endpoint again: requests beside this one may have changed it. */
  async #judge(result: WebhookResult): Promise<void> {
    const { health, store, clock } = this.#options;
    const endpoint = this.#options.endpoint();
    if (endpoint === undefined || endpoint.status === "paused") return;
    if (result.outcome === "gone") return await health.pause(endpoint, "gone");
    if (result.outcome === "retry") {
      this.#breaker.failed(clock.now());
      return await health.failed(endpoint, reasonOf(result));
    }
    this.#breaker.succeeded();
    if (!await health.succeeded(endpoint)) return;
    await this.#settlements.flush();
    await store.webhookDeliveries.wake(endpoint.id, clock.now());
    this.#isWanted = true;
  }
}

function changeOf(row: WebhookDelivery, result: WebhookResult, now: number): DeliveryChange {
  const { webhookId, deliveryId, attempts } = row;
  const { answer } = result;
  const change = { webhookId, deliveryId, attempts: attempts + 1, answer };
  if (result.outcome === "delivered") return { ...change, status: "delivered", dueAt: null };
  const dueAt = retryAt(row, now, result.afterMs);
  return { ...change, status: dueAt === null ? "failed" : "pending", dueAt };
}

function givenUp({ webhookId, deliveryId, attempts, answer }: WebhookDelivery): DeliveryChange {
  return { webhookId, deliveryId, attempts, answer, status: "failed", dueAt: null };
}

function reasonOf({ answer: { status, error } }: WebhookResult): string {
  return error ?? `status ${status}`;
}
