import type { Clock } from "../core/clock.ts";
import { newId } from "../core/ids.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type {
  NewWebhookEvent,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookEvent,
} from "../model/webhook.ts";
import type { Store } from "../store/store.ts";
import { eventsOfCommit } from "./events.ts";

const NONE: WebhookDelivery[] = [];

/**
 * The endpoints as this instance knows them, for the events of its transactions: read at the start,
 * after every change that an instance announces, and every few seconds. An endpoint gets events
 * from the moment on at which an instance has learned of it.
 */
export class WebhookSubscriptions {
  #endpoints = new Map<string, WebhookEndpoint>();
  #receiving: WebhookEndpoint[] = [];

  constructor(
    private readonly store: Pick<Store, "webhooks">,
    private readonly clock: Clock,
  ) {}

  async refresh(): Promise<void> {
    const endpoints = await this.store.webhooks.list();
    this.#endpoints = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
    this.#receiving = endpoints.filter(({ status }) => status !== "paused");
  }

  get(id: string): WebhookEndpoint | undefined {
    return this.#endpoints.get(id);
  }

  /** All endpoints, including paused ones. */
  all(): WebhookEndpoint[] {
    return [...this.#endpoints.values()];
  }

  /** Those that events are written for, and sent to. */
  receiving(): readonly WebhookEndpoint[] {
    return this.#receiving;
  }

  /** Costs nothing while there is no endpoint. */
  planCommit(commit: ChatCommit): WebhookDelivery[] {
    return this.#receiving.length === 0 ? NONE : this.plan(eventsOfCommit(commit));
  }

  /** Returns the deliveries of events that one transaction writes, in the order of the events. */
  plan(events: readonly NewWebhookEvent[]): WebhookDelivery[] {
    if (this.#receiving.length === 0 || events.length === 0) return NONE;
    const at = this.clock.now();
    return this.#receiving.flatMap((endpoint) => {
      const wanted = events
        .filter(({ type }) => (endpoint.events as string[]).includes(type))
        .map((event): WebhookEvent => ({ eventId: newId(), ...event, at }));
      return split(wanted, endpoint.batchSize).map((group) => deliveryOf(endpoint.id, group));
    });
  }
}

/** An endpoint that takes several events at once gets those of a chat's commit in one row. */
function split(events: WebhookEvent[], batchSize: number): WebhookEvent[][] {
  const groups: WebhookEvent[][] = [];
  for (const event of events) {
    const last = groups.at(-1);
    const fits = last && last.length < batchSize && event.chatId !== null;
    if (fits) last.push(event);
    else groups.push([event]);
  }
  return groups;
}

function deliveryOf(webhookId: string, events: WebhookEvent[]): WebhookDelivery {
  const [{ eventId, id, chatId, rev, at }] = events;
  return {
    webhookId,
    deliveryId: eventId,
    lane: chatId ?? id,
    position: rev ?? at,
    events,
    status: "pending",
    attempts: 0,
    createdAt: at,
    dueAt: at,
    answer: null,
  };
}
