import type { AuditTrail } from "../audit/audit_trail.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { AuditAction } from "../model/audit_entry.ts";
import type { WebhookEndpoint, WebhookPauseReason } from "../model/webhook.ts";
import type { Store } from "../store/store.ts";
import type { WebhookPatch } from "../store/webhook_store.ts";
import { GIVE_UP_MS } from "./retry_times.ts";

export interface WebhookHealthOptions {
  store: Pick<Store, "webhooks" | "audit">;
  audit: Pick<AuditTrail, "entryOf" | "written">;
  clock: Clock;
  log: Log;
  /** Called after an endpoint has changed: other instances read it again. */
  onChanged(): Promise<void>;
}

/** Milliseconds without a success after which an endpoint counts as down. */
const DOWN_AFTER_MS = 60_000;
/**
 * Milliseconds from an event to its first attempt, at most, for which it counts as down all along.
 */
const LATEST_FIRST_TRY_MS = 2 * 3_600_000;

/**
 * Records how an endpoint fares, and reports it in the log and the audit trail when that changes.
 */
export class WebhookHealth {
  constructor(private readonly options: WebhookHealthOptions) {}

  /** Returns true if the endpoint had failed before: what waits for it is tried at once. */
  async succeeded(endpoint: WebhookEndpoint): Promise<boolean> {
    if (endpoint.failingSince === null) return false;
    await this.#update(endpoint, { failingSince: null, status: "active" });
    if (endpoint.status === "down") {
      this.options.log.info("Webhook endpoint works again", this.#fields(endpoint));
      await this.#record(endpoint, "webhook.recovered");
    }
    return true;
  }

  async failed(endpoint: WebhookEndpoint, reason: string): Promise<void> {
    const now = this.options.clock.now();
    const { failingSince, status } = endpoint;
    if (failingSince === null) return await this.#update(endpoint, { failingSince: now });
    if (now - failingSince >= GIVE_UP_MS) return await this.pause(endpoint, "unreachable");
    if (status !== "active" || now - failingSince < DOWN_AFTER_MS) return;
    await this.#update(endpoint, { status: "down" });
    this.options.log.warn("Webhook endpoint is down", { ...this.#fields(endpoint), reason });
    await this.#record(endpoint, "webhook.down", reason);
  }

  /** Called when deliveries were given up, after which there may be nothing left to fail. */
  async gaveUp(endpoint: WebhookEndpoint): Promise<void> {
    const { failingSince } = endpoint;
    if (failingSince === null) return;
    const failingMs = this.options.clock.now() - failingSince;
    if (failingMs >= GIVE_UP_MS - LATEST_FIRST_TRY_MS) await this.pause(endpoint, "unreachable");
  }

  async pause(endpoint: WebhookEndpoint, pauseReason: WebhookPauseReason): Promise<void> {
    await this.#update(endpoint, { status: "paused", pauseReason });
    const fields = { ...this.#fields(endpoint), reason: pauseReason };
    this.options.log.warn("Webhook endpoint was paused; events are no longer kept for it", fields);
    await this.#record(endpoint, "webhook.paused", pauseReason);
  }

  async #update({ id }: WebhookEndpoint, patch: WebhookPatch): Promise<void> {
    await this.options.store.webhooks.update(id, patch);
    await this.options.onChanged();
  }

  async #record({ id }: WebhookEndpoint, action: AuditAction, reason?: string): Promise<void> {
    const details = { webhookId: id, ...(reason !== undefined && { reason }) };
    const { audit, store } = this.options;
    const entry = audit.entryOf({ actorId: null, visitor: null }, { action, details });
    await store.audit.add(entry);
    await audit.written(entry);
  }

  /** The origin only: a path or a query may contain a secret. */
  #fields({ id, url }: WebhookEndpoint) {
    return { webhookId: id, origin: new URL(url).origin };
  }
}
