import type { Collection } from "mongodb";
import type { WebhookEndpoint } from "../../model/webhook.ts";
import type { BoundedAdd } from "../bounded_add.ts";
import type { WebhookPatch, WebhookStore } from "../webhook_store.ts";
import { BoundedLists, insertBounded } from "./bounded_lists.ts";
import type { MongoConnection } from "./connection.ts";
import {
  definedFields,
  type Document,
  eq,
  fromDocument,
  fromDocumentOrNull,
  toDocument,
} from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";
import { type DeliveryDocument, WEBHOOK_DELIVERIES } from "./webhook_deliveries.ts";

export const WEBHOOKS: CollectionSpec = { name: "webhooks", indexes: [] };

export class MongoWebhookStore implements WebhookStore {
  readonly #webhooks: Collection<Document<WebhookEndpoint>>;
  readonly #deliveries: Collection<DeliveryDocument>;
  readonly #lists: BoundedLists;

  constructor(mongo: MongoConnection) {
    this.#webhooks = mongo.collection(WEBHOOKS);
    this.#deliveries = mongo.collection(WEBHOOK_DELIVERIES);
    this.#lists = new BoundedLists(mongo);
  }

  create(endpoint: WebhookEndpoint, max: number): Promise<BoundedAdd<WebhookEndpoint>> {
    const insert = { document: toDocument(endpoint), row: endpoint, list: {}, max };
    return this.#lists.add(
      [WEBHOOKS.name],
      (session) => insertBounded(this.#webhooks, { ...insert, session }),
    );
  }

  async byId(id: string): Promise<WebhookEndpoint | null> {
    return fromDocumentOrNull<WebhookEndpoint>(await this.#webhooks.findOne({ _id: eq(id) }));
  }

  async list(): Promise<WebhookEndpoint[]> {
    const found = await this.#webhooks.find().sort({ _id: 1 }).toArray();
    return found.map(fromDocument<WebhookEndpoint>);
  }

  async update(id: string, patch: WebhookPatch): Promise<WebhookEndpoint | null> {
    const fields = definedFields(patch);
    if (Object.keys(fields).length === 0) return await this.byId(id);
    const options = { returnDocument: "after" } as const;
    const updated = await this.#webhooks.findOneAndUpdate(
      { _id: eq(id) },
      { $set: fields },
      options,
    );
    return fromDocumentOrNull<WebhookEndpoint>(updated);
  }

  async replaceSecret(id: string, former: string, sealed: string): Promise<boolean> {
    const { matchedCount } = await this.#webhooks.updateOne(
      { _id: eq(id), "secrets.sealed": eq(former) },
      { $set: { "secrets.$.sealed": sealed } },
    );
    return matchedCount === 1;
  }

  async remove(id: string): Promise<boolean> {
    const { deletedCount } = await this.#webhooks.deleteOne({ _id: eq(id) });
    await this.#deliveries.deleteMany({ webhookId: eq(id) });
    return deletedCount === 1;
  }
}
