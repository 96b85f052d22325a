import type { Clock } from "../core/clock.ts";
import { newId } from "../core/ids.ts";
import type { Log } from "../core/log.ts";
import type { WebhookDelivery } from "../model/webhook.ts";
import type { Store } from "../store/store.ts";
import type { WebhookHealth } from "./health.ts";
import { EndpointRunner, type RunnerOptions } from "./runner.ts";
import type { WebhookSubscriptions } from "./subscriptions.ts";

export interface WebhookWorkerOptions extends Omit<RunnerOptions, "endpoint" | "mayRun"> {
  /** Reads the endpoints, and what else instances share, again. */
  refresh(): Promise<void>;
  store: Pick<Store, "webhookDeliveries" | "leases">;
  subscriptions: WebhookSubscriptions;
  health: WebhookHealth;
  clock: Clock;
  log: Log;
  limits: { webhookBacklog: number; webhookLog: number };
  /** Milliseconds between looks for deliveries of other instances and for retries. */
  pollMs?: number;
}

/** Lease on an endpoint, renewed while this instance sends to it. */
const LEASE_MS = 10_000;
const POLL_MS = 500;
/** How often the endpoints are read again, and backlogs and old deliveries looked at. */
const REFRESH_MS = 10_000;
const SWEEP_MS = 30_000;
const KEEP_MS = 7 * 24 * 3_600_000;

interface Held {
  runner: EndpointRunner;
  until: number;
  /** Pending deliveries at the last sweep. */
  pending: number;
}

/**
 * Sends webhooks. Each endpoint is served by the one instance that holds its lease; a lease that is
 * not renewed, because its holder died, goes to the next instance that sees deliveries waiting.
 */
export class WebhookWorker {
  readonly #options: Required<WebhookWorkerOptions>;
  readonly #holder = newId();
  readonly #held = new Map<string, Held>();
  /** Endpoints whose lease another instance has, and when to ask for it again. */
  readonly #elsewhere = new Map<string, number>();
  readonly #taking = new Map<string, Promise<void>>();
  #refreshedAt = -Infinity;
  #sweptAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #polling: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: WebhookWorkerOptions) {
    this.#options = { pollMs: POLL_MS, ...options };
  }

  /** Resolves once the endpoints are known: events before are not recorded. */
  async start(): Promise<void> {
    await this.#refresh();
    this.#schedule();
  }

  /** Called after the commit that wrote these deliveries; never blocks. */
  committed(deliveries: readonly WebhookDelivery[]): void {
    for (const id of new Set(deliveries.map(({ webhookId }) => webhookId))) this.wake(id);
  }

  /** Sends what waits for the endpoint, unless another instance does. */
  wake(id: string): void {
    if (this.#isClosed) return;
    const held = this.#held.get(id);
    if (held && held.until > this.#options.clock.now()) held.runner.wake();
    else if ((this.#elsewhere.get(id) ?? 0) <= this.#options.clock.now()) this.#begin(id);
  }

  /** True while a request is in flight or about to be. */
  get isBusy(): boolean {
    return this.#taking.size > 0 || [...this.#held.values()].some(({ runner }) => runner.isBusy);
  }

  /** Pending events of the endpoints that this instance serves, as of the last sweep and rounds. */
  pending(): { count: number; oldestMs: number } {
    const held = [...this.#held.values()];
    const now = this.#options.clock.now();
    return {
      count: held.reduce((sum, { pending }) => sum + pending, 0),
      oldestMs: Math.max(0, ...held.map(({ runner }) => now - (runner.oldestPendingAt ?? now))),
    };
  }

  /** Also for platforms that stop timers. Never throws. */
  async poll(): Promise<void> {
    const { store, subscriptions, log, clock } = this.#options;
    try {
      if (clock.now() - this.#refreshedAt >= REFRESH_MS) await this.#refresh();
      await this.#renew();
      const ids = subscriptions.receiving().map(({ id }) => id);
      if (ids.length === 0) return;
      for (const id of await store.webhookDeliveries.withPending(ids)) this.wake(id);
      if (clock.now() - this.#sweptAt >= SWEEP_MS) await this.#sweep();
    } catch (error) {
      log.warn("Webhook poll failed", { error });
    }
  }

  /** Aborts requests in flight, and gives the leases back. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await Promise.all([this.#polling, ...this.#taking.values()]);
    await Promise.all([...this.#held].map(([id, { runner }]) => this.#giveUp(id, runner)));
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#polling = this.poll().finally(() => this.#schedule());
    }, this.#options.pollMs);
    Deno.unrefTimer(this.#timer);
  }

  async #refresh(): Promise<void> {
    await this.#options.refresh();
    this.#refreshedAt = this.#options.clock.now();
  }

  #begin(id: string): void {
    if (this.#taking.has(id)) return;
    const taking = this.#take(id).catch((error) => {
      this.#options.log.warn("Webhook lease could not be taken; it is tried again", { error });
    }).finally(() => this.#taking.delete(id));
    this.#taking.set(id, taking);
  }

  async #take(id: string): Promise<void> {
    const { store, clock } = this.#options;
    const now = clock.now();
    const until = now + LEASE_MS;
    if (!await store.leases.take(leaseOf(id), this.#holder, now, until)) {
      this.#elsewhere.set(id, now + LEASE_MS / 4);
      return;
    }
    this.#elsewhere.delete(id);
    const held = this.#held.get(id) ?? { runner: this.#runnerOf(id), until, pending: 0 };
    held.until = until;
    this.#held.set(id, held);
    if (!this.#isClosed) held.runner.wake();
  }

  #runnerOf(id: string): EndpointRunner {
    const { subscriptions, clock } = this.#options;
    return new EndpointRunner({
      ...this.#options,
      endpoint: () => subscriptions.get(id),
      // Stops before the lease ends, so that a request in flight ends within it.
      mayRun: () => (this.#held.get(id)?.until ?? 0) > clock.now(),
    });
  }

  /** Renews the leases that run out, and releases those of endpoints that are gone or paused. */
  async #renew(): Promise<void> {
    const { store, subscriptions, clock } = this.#options;
    const receiving = new Set(subscriptions.receiving().map(({ id }) => id));
    for (const [id, held] of this.#held) {
      if (!receiving.has(id)) await this.#giveUp(id, held.runner);
      else if (held.until - clock.now() <= LEASE_MS / 2) {
        const until = clock.now() + LEASE_MS;
        const isOurs = await store.leases.take(leaseOf(id), this.#holder, clock.now(), until);
        held.until = isOurs ? until : 0;
      }
    }
  }

  async #giveUp(id: string, runner: EndpointRunner): Promise<void> {
    await runner.close();
    this.#held.delete(id);
    await this.#options.store.leases.release(leaseOf(id), this.#holder).catch(() => {});
  }

  /** Pauses endpoints with too many waiting events, and deletes old deliveries. */
  async #sweep(): Promise<void> {
    const { store, subscriptions, health, clock, limits } = this.#options;
    this.#sweptAt = clock.now();
    for (const endpoint of subscriptions.receiving()) {
      const held = this.#held.get(endpoint.id);
      if (held === undefined) continue;
      const max = limits.webhookBacklog;
      const pending = await store.webhookDeliveries.countPending(endpoint.id, max + 1);
      held.pending = pending;
      if (pending > max) await health.pause(endpoint, "backlog");
      const before = clock.now() - KEEP_MS;
      await store.webhookDeliveries.purge(endpoint.id, before, limits.webhookLog);
    }
  }
}

function leaseOf(id: string): string {
  return `webhook ${id}`;
}
