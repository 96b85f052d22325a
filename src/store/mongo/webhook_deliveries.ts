import type { ClientSession, Collection, Filter } from "mongodb";
import type { NewWebhookEvent, WebhookDelivery } from "../../model/webhook.ts";
import type {
  DeliveryChange,
  DeliveryKey,
  DeliveryPlanner,
  DeliveryQuery,
  WebhookDeliveryStore,
} from "../webhook_store.ts";
import type { PlannedWrite } from "./bulk_write.ts";
import type { MongoConnection } from "./connection.ts";
import { compoundKey, eq, IN_BATCHES, withoutKey } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";

export type DeliveryDocument = WebhookDelivery & { _id: string };

export const WEBHOOK_DELIVERIES: CollectionSpec = {
  name: "webhookDeliveries",
  indexes: [
    { name: "ofWebhook", key: { webhookId: 1, deliveryId: -1 } },
    {
      name: "pending",
      key: { webhookId: 1, lane: 1, position: 1, deliveryId: 1 },
      partialFilterExpression: { dueAt: { $gt: 0 } },
    },
  ],
};

/** Matches pending rows; written as in the partial index, so that it is used. */
const IS_PENDING = { dueAt: { $gt: 0 } };

export class MongoWebhookDeliveryStore implements WebhookDeliveryStore {
  readonly #deliveries: Collection<DeliveryDocument>;

  constructor(private readonly mongo: MongoConnection) {
    this.#deliveries = mongo.collection(WEBHOOK_DELIVERIES);
  }

  /** Shared by all stores of the connection, each of which writes within its own transactions. */
  get planner(): DeliveryPlanner {
    return this.mongo.deliveryPlanner;
  }

  set planner(planner: DeliveryPlanner) {
    this.mongo.deliveryPlanner = planner;
  }

  async add(deliveries: WebhookDelivery[]): Promise<void> {
    await this.insert(deliveries);
  }

  /** Runs within the caller's transaction, if there is one. */
  async insert(deliveries: readonly WebhookDelivery[], session?: ClientSession): Promise<void> {
    if (deliveries.length === 0) return;
    const documents = deliveries.map(documentOf);
    await this.#deliveries.insertMany(documents, { session });
  }

  /** Runs within the caller's transaction. */
  async record(session: ClientSession, ...events: NewWebhookEvent[]): Promise<void> {
    await this.insert(this.planner(events), session);
  }

  async byKey(key: DeliveryKey): Promise<WebhookDelivery | null> {
    const found = await this.#deliveries.findOne({ _id: eq(keyOf(key)) });
    return found && withoutKey<WebhookDelivery>(found);
  }

  async withPending(webhookIds: string[]): Promise<string[]> {
    const found = await Promise.all(
      webhookIds.map((id) =>
        this.#deliveries.findOne({ webhookId: eq(id), ...IS_PENDING }, { projection: { _id: 1 } })
      ),
    );
    return webhookIds.filter((_, n) => found[n] !== null);
  }

  async pending(webhookId: string, afterLane: string, limit: number): Promise<WebhookDelivery[]> {
    const found = this.#deliveries
      .find({ webhookId: eq(webhookId), lane: { $gt: eq(afterLane) }, ...IS_PENDING })
      .sort({ lane: 1, position: 1, deliveryId: 1 }).limit(limit);
    return (await found.toArray()).map(withoutKey<WebhookDelivery>);
  }

  async countPending(webhookId: string, max: number): Promise<number> {
    const filter = { webhookId: eq(webhookId), ...IS_PENDING };
    return await this.#deliveries.countDocuments(filter, { limit: max });
  }

  async settle(changes: DeliveryChange[]): Promise<void> {
    if (changes.length === 0) return;
    await this.#deliveries.bulkWrite(
      changes.map(({ status, attempts, dueAt, answer, ...key }) => ({
        updateOne: {
          filter: { _id: eq(keyOf(key)) },
          update: { $set: { status, attempts, dueAt, answer } },
        },
      })),
      { ordered: false },
    );
  }

  async wake(webhookId: string, now: number): Promise<void> {
    const filter = { webhookId: eq(webhookId), dueAt: { $gt: now } };
    await this.#deliveries.updateMany(filter, { $set: { dueAt: now } });
  }

  async list(
    { webhookId, status, before, limit }: DeliveryQuery,
  ): Promise<WebhookDelivery[]> {
    const found = this.#deliveries.find({
      webhookId: eq(webhookId),
      ...(status !== null && { status: eq(status) }),
      ...(before !== null && { deliveryId: { $lt: eq(before) } }),
    }, IN_BATCHES).sort({ deliveryId: -1 }).limit(limit);
    return (await found.toArray()).map(withoutKey<WebhookDelivery>);
  }

  async purge(webhookId: string, before: number, keep: number): Promise<void> {
    const done: Filter<DeliveryDocument> = { webhookId: eq(webhookId), dueAt: null };
    const [oldest] = await this.#deliveries.find(done, { projection: { deliveryId: 1 } })
      .sort({ deliveryId: -1 }).skip(keep).limit(1).toArray();
    const isOld: Filter<DeliveryDocument>[] = [{ createdAt: { $lt: before } }];
    if (oldest) isOld.push({ deliveryId: { $lte: oldest.deliveryId } });
    await this.#deliveries.deleteMany({ ...done, $or: isOld });
  }
}

/** The write of a transaction that adds the delivery. */
export function deliveryWrite(delivery: WebhookDelivery): PlannedWrite {
  return { to: WEBHOOK_DELIVERIES.name, insert: documentOf(delivery) };
}

function documentOf(delivery: WebhookDelivery): DeliveryDocument {
  return { _id: keyOf(delivery), ...delivery };
}

function keyOf({ webhookId, deliveryId }: DeliveryKey): string {
  return compoundKey(webhookId, deliveryId);
}
