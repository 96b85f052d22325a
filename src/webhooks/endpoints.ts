import type { AuditTrail } from "../audit/audit_trail.ts";
import { type Clock, toTimestamp } from "../core/clock.ts";
import { AppError, notFound } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { Resolve } from "../core/public_lookup.ts";
import type { AuditAction } from "../model/audit_entry.ts";
import type { Caller, ServerCaller } from "../model/caller.ts";
import type {
  DeliveryAnswer,
  DeliveryStatus,
  WebhookDelivery,
  WebhookEndpoint,
} from "../model/webhook.ts";
import type { Store } from "../store/store.ts";
import type { WebhookPatch } from "../store/webhook_store.ts";
import { requireEndpointUrl } from "./endpoint_url.ts";
import { requestOf } from "./requests.ts";
import type { WebhookSecrets } from "./secrets.ts";
import type { WebhookSender } from "./sender.ts";

export interface WebhookEndpointsOptions {
  store: Pick<Store, "webhooks" | "webhookDeliveries">;
  secrets: WebhookSecrets;
  sender: Pick<WebhookSender, "send">;
  audit: Pick<AuditTrail, "by">;
  clock: Clock;
  limits: { webhooks: number };
  allowedOrigins: readonly string[];
  resolve?: Resolve;
  /** Called after an endpoint has changed: all instances read it again. */
  onChanged(): Promise<void>;
  /** Called when deliveries of the endpoint have become due. */
  onDue(webhookId: string): void;
}

export type NewEndpoint = Pick<WebhookEndpoint, "url" | "description" | "events" | "batchSize">;

export interface EndpointChange extends Partial<NewEndpoint> {
  paused?: boolean;
}

export interface WithSecret {
  endpoint: WebhookEndpoint;
  secret: string;
}

const MAX_REDELIVERED = 1_000;
const TEST_TIMEOUT_MS = 15_000;

/** Webhook endpoints, as administrators keep them. */
export class WebhookEndpoints {
  constructor(private readonly options: WebhookEndpointsOptions) {}

  list(): Promise<WebhookEndpoint[]> {
    return this.options.store.webhooks.list();
  }

  async get(id: string): Promise<WebhookEndpoint> {
    const endpoint = await this.options.store.webhooks.byId(id);
    if (endpoint === null) throw notFound("webhook", id);
    return endpoint;
  }

  /** Throws `conflict` if there are as many as allowed. */
  async create(caller: Caller | ServerCaller, fields: NewEndpoint): Promise<WithSecret> {
    const { store, secrets, clock, limits, allowedOrigins, resolve } = this.options;
    await requireEndpointUrl(fields.url, allowedOrigins, resolve);
    const [id, now] = [newId(), clock.now()];
    const { secret, stored } = await secrets.make(id);
    const endpoint: WebhookEndpoint = {
      ...fields,
      id,
      secrets: [stored],
      status: "active",
      pauseReason: null,
      failingSince: null,
      createdBy: caller.userId ?? caller.key.id,
      createdAt: now,
      updatedAt: now,
    };
    const { outcome } = await store.webhooks.create(endpoint, limits.webhooks);
    if (outcome === "full") throw tooMany(limits.webhooks);
    await this.#changed(caller, id, "webhook.created", { url: originOf(fields.url) });
    return { endpoint, secret };
  }

  /** Resuming makes everything that waits due at once. */
  async update(
    caller: Caller | ServerCaller,
    id: string,
    { paused, ...fields }: EndpointChange,
  ): Promise<WebhookEndpoint> {
    const { store, clock, allowedOrigins, resolve, onDue } = this.options;
    const before = await this.get(id);
    if (fields.url !== undefined) await requireEndpointUrl(fields.url, allowedOrigins, resolve);
    const endpoint = await this.#patch(id, { ...fields, ...pausing(before, paused) });
    const details: Record<string, string> = paused === undefined ? {} : { paused: String(paused) };
    await this.#changed(caller, id, "webhook.changed", details);
    if (paused === false) {
      await store.webhookDeliveries.wake(id, clock.now());
      onDue(id);
    }
    return endpoint;
  }

  async delete(caller: Caller | ServerCaller, id: string): Promise<void> {
    if (!await this.options.store.webhooks.remove(id)) throw notFound("webhook", id);
    await this.#changed(caller, id, "webhook.deleted");
  }

  /** The former secret signs too until the grace is over; an even earlier one no longer does. */
  async rotate(caller: Caller | ServerCaller, id: string, graceMs: number): Promise<WithSecret> {
    const { secrets, clock } = this.options;
    const { secrets: [former] } = await this.get(id);
    const { secret, stored } = await secrets.make(id);
    const expiresAt = clock.now() + graceMs;
    const kept = graceMs === 0 ? [] : [{ ...former, expiresAt }];
    const endpoint = await this.#patch(id, { secrets: [stored, ...kept] });
    const details = { formerExpiresAt: toTimestamp(expiresAt) };
    await this.#changed(caller, id, "webhook.secret_rotated", details);
    return { endpoint, secret };
  }

  /** Sends an event beside all others, in the form of all others, also to a paused endpoint. */
  async test(id: string): Promise<DeliveryAnswer> {
    const { secrets, sender, clock } = this.options;
    const endpoint = await this.get(id);
    const now = clock.now();
    const eventId = newId();
    const timestamp = toTimestamp(now);
    const event = { id: eventId, type: "webhook.test", timestamp, data: { id } } as const;
    const keys = await secrets.keysOf(endpoint, now);
    const content = requestOf(endpoint, { rows: [{ deliveryId: eventId }] }, [event]);
    const request = { url: endpoint.url, keys, ...content };
    return (await sender.send(request, AbortSignal.timeout(TEST_TIMEOUT_MS))).answer;
  }

  async deliveries(
    id: string,
    query: { status: DeliveryStatus | null; before: string | null; limit: number },
  ): Promise<WebhookDelivery[]> {
    await this.get(id);
    return await this.options.store.webhookDeliveries.list({ webhookId: id, ...query });
  }

  /** The delivery keeps its id, by which the endpoint may recognize it. */
  async redeliver(webhookId: string, deliveryId: string): Promise<WebhookDelivery> {
    const { store } = this.options;
    const found = await store.webhookDeliveries.byKey({ webhookId, deliveryId });
    if (found === null) throw notFound("delivery", deliveryId);
    const [again] = await this.#renew([found]);
    return again;
  }

  /** Returns the number of failed deliveries that are sent once more. */
  async redeliverFailed(webhookId: string, since: number): Promise<number> {
    const query = { status: "failed" as const, before: null, limit: MAX_REDELIVERED };
    const failed = (await this.deliveries(webhookId, query))
      .filter(({ createdAt }) => createdAt >= since);
    return (await this.#renew(failed)).length;
  }

  /** They are retried for three days from now on. */
  async #renew(deliveries: readonly WebhookDelivery[]): Promise<WebhookDelivery[]> {
    const { store, clock, onDue } = this.options;
    const now = clock.now();
    const renewed = deliveries.map((delivery): WebhookDelivery => ({
      ...delivery,
      status: "pending",
      attempts: 0,
      createdAt: now,
      dueAt: now,
    }));
    await store.webhookDeliveries.settle(renewed);
    for (const { webhookId } of renewed.slice(0, 1)) onDue(webhookId);
    return renewed;
  }

  async #patch(id: string, patch: WebhookPatch): Promise<WebhookEndpoint> {
    const { store, clock } = this.options;
    const endpoint = await store.webhooks.update(id, { ...patch, updatedAt: clock.now() });
    if (endpoint === null) throw notFound("webhook", id);
    return endpoint;
  }

  async #changed(
    caller: Caller | ServerCaller,
    webhookId: string,
    action: AuditAction,
    details: Record<string, string> = {},
  ): Promise<void> {
    await this.options.audit.by(caller, { action, details: { webhookId, ...details } });
    await this.options.onChanged();
  }
}

function pausing({ status }: WebhookEndpoint, paused: boolean | undefined): WebhookPatch {
  if (paused === true) return { status: "paused", pauseReason: "administrator" };
  if (paused === undefined || status !== "paused") return {};
  return { status: "active", pauseReason: null, failingSince: null };
}

/** A path or a query may contain a secret, and the audit trail is kept. */
function originOf(url: string): string {
  return new URL(url).origin;
}

function tooMany(max: number): AppError {
  const message = `Cannot add a webhook: there are ${max} already, the maximum`;
  return new AppError("conflict", message);
}
