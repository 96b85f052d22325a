import type { WebhookEndpoint } from "../../model/webhook.ts";
import type { BoundedAdd } from "../bounded_add.ts";
import { DuplicateKey } from "../store.ts";
import type { WebhookPatch, WebhookStore } from "../webhook_store.ts";
import { insertBounded } from "./bounded_insert.ts";
import type { Database } from "./database.ts";
import { Table } from "./table.ts";

const WEBHOOKS = new Table<WebhookEndpoint>("webhooks", {
  id: "value",
  url: "value",
  description: "value",
  events: "json",
  batchSize: "value",
  secrets: "json",
  status: "value",
  pauseReason: "value",
  failingSince: "value",
  createdBy: "value",
  createdAt: "value",
  updatedAt: "value",
});

export class SqliteWebhookStore implements WebhookStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  create(endpoint: WebhookEndpoint, max: number): Promise<BoundedAdd<WebhookEndpoint>> {
    return this.#db.write(() => {
      if (this.#row(endpoint.id)) throw new DuplicateKey("id");
      return insertBounded(this.#db, WEBHOOKS, endpoint, { list: ["id > ''"], max });
    });
  }

  byId(id: string): Promise<WebhookEndpoint | null> {
    return this.#db.read(() => this.#row(id));
  }

  list(): Promise<WebhookEndpoint[]> {
    return this.#db.read(() =>
      this.#db.all(WEBHOOKS.select("WHERE id > '' ORDER BY id")).map((raw) => WEBHOOKS.decode(raw))
    );
  }

  update(id: string, patch: WebhookPatch): Promise<WebhookEndpoint | null> {
    return this.#db.write(() => {
      const before = this.#row(id);
      if (before === null) return null;
      const given = Object.entries(patch).filter(([, value]) => value !== undefined);
      const endpoint: WebhookEndpoint = { ...before, ...Object.fromEntries(given) };
      this.#rewrite(endpoint);
      return endpoint;
    });
  }

  replaceSecret(id: string, former: string, sealed: string): Promise<boolean> {
    return this.#db.write(() => {
      const endpoint = this.#row(id);
      const found = endpoint?.secrets.find((each) => each.sealed === former);
      if (!endpoint || !found) return false;
      found.sealed = sealed;
      this.#rewrite(endpoint);
      return true;
    });
  }

  async remove(id: string): Promise<boolean> {
    const removed = await this.#db.write(() =>
      this.#db.run("DELETE FROM webhooks WHERE id = ?", id) === 1
    );
    const key = "webhookId, deliveryId";
    await this.#db.deleteParts("webhook_deliveries", "webhookId = ?", [id], key);
    return removed;
  }

  #rewrite(endpoint: WebhookEndpoint): void {
    this.#db.run("DELETE FROM webhooks WHERE id = ?", endpoint.id);
    this.#db.run(WEBHOOKS.insert, ...WEBHOOKS.bind(endpoint));
  }

  #row(id: string): WebhookEndpoint | null {
    return WEBHOOKS.decodeOrNull(this.#db.get(WEBHOOKS.select("WHERE id = ?"), id));
  }
}
