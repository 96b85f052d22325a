import type {
  DeliveryStatus,
  NewWebhookEvent,
  WebhookDelivery,
  WebhookEndpoint,
} from "../model/webhook.ts";
import type { BoundedAdd } from "./bounded_add.ts";

/** Fields of an endpoint that may change. */
export type WebhookPatch = Partial<Omit<WebhookEndpoint, "id" | "createdBy" | "createdAt">>;

export interface WebhookStore {
  /** `max` bounds all endpoints. Throws `DuplicateKey("id")` when it exists. */
  create(endpoint: WebhookEndpoint, max: number): Promise<BoundedAdd<WebhookEndpoint>>;
  byId(id: string): Promise<WebhookEndpoint | null>;
  /** All of them, oldest first: there are few. */
  list(): Promise<WebhookEndpoint[]>;
  /** Sets the given fields and returns the updated row; null when missing. */
  update(id: string, patch: WebhookPatch): Promise<WebhookEndpoint | null>;
  /**
   * Puts `sealed` in the place of `former` among the endpoint's secrets; returns false if it is not
   * there any more.
   */
  replaceSecret(id: string, former: string, sealed: string): Promise<boolean>;
  /** Deletes the endpoint and its deliveries; returns false when missing. */
  remove(id: string): Promise<boolean>;
}

/** Returns the deliveries to write for events: none where no endpoint subscribes to them. */
export type DeliveryPlanner = (events: readonly NewWebhookEvent[]) => WebhookDelivery[];

export type DeliveryKey = Pick<WebhookDelivery, "webhookId" | "deliveryId">;

/** The result of an attempt. */
export type DeliveryChange =
  & DeliveryKey
  & Pick<WebhookDelivery, "status" | "attempts" | "dueAt" | "answer">;

export interface DeliveryQuery {
  webhookId: string;
  /** Only deliveries with this status; null for all. */
  status: DeliveryStatus | null;
  /** Only deliveries with a lower id. */
  before: string | null;
  limit: number;
}

export interface WebhookDeliveryStore {
  /**
   * Called within the transactions that create and change people, uploads and reports, for the
   * deliveries to write with them; `ChatStore.commit` gets its deliveries with the change. Set once
   * at the start; nothing is written before.
   */
  planner: DeliveryPlanner;
  /** Adds deliveries outside of any change. */
  add(deliveries: WebhookDelivery[]): Promise<void>;
  /** Null when missing. */
  byKey(key: DeliveryKey): Promise<WebhookDelivery | null>;
  /** Those of the endpoints that have a pending delivery, in no particular order. */
  withPending(webhookIds: string[]): Promise<string[]>;
  /**
   * Pending deliveries of an endpoint in order of lane, position and id, due or not: those of lanes
   * after `afterLane` only. The first row of a lane is the one that must be sent first.
   */
  pending(webhookId: string, afterLane: string, limit: number): Promise<WebhookDelivery[]>;
  /** The number of pending deliveries, counted up to `max`. */
  countPending(webhookId: string, max: number): Promise<number>;
  /** Writes the results of attempts; rows that are missing are ignored. */
  settle(changes: DeliveryChange[]): Promise<void>;
  /** Makes pending deliveries of the endpoint that are due later due at `now`. */
  wake(webhookId: string, now: number): Promise<void>;
  /** Newest (highest id) first. */
  list(query: DeliveryQuery): Promise<WebhookDelivery[]>;
  /**
   * Deletes deliveries of the endpoint that are not pending and were created before `before`, and
   * the oldest of them past the newest `keep`.
   */
  purge(webhookId: string, before: number, keep: number): Promise<void>;
}
