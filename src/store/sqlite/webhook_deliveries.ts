import type { NewWebhookEvent, WebhookDelivery } from "../../model/webhook.ts";
import type {
  DeliveryChange,
  DeliveryKey,
  DeliveryPlanner,
  DeliveryQuery,
  WebhookDeliveryStore,
} from "../webhook_store.ts";
import { type Database, ROWS_PER_WRITE } from "./database.ts";
import { AFTER_ALL_IDS, Table } from "./table.ts";

const DELIVERIES = new Table<WebhookDelivery>("webhook_deliveries", {
  webhookId: "value",
  deliveryId: "value",
  lane: "value",
  position: "value",
  events: "json",
  status: "value",
  attempts: "value",
  createdAt: "value",
  dueAt: "value",
  answer: "json",
});

const PENDING = DELIVERIES.select(`WHERE webhookId = ? AND lane > ? AND dueAt IS NOT NULL
  ORDER BY lane, position, deliveryId LIMIT 0 + ?`);
const RESULT = ["status", "attempts", "dueAt", "answer"] as const;
const SETTLE = DELIVERIES.update(RESULT, "webhookId = ? AND deliveryId = ?");
const ANY_PENDING = "SELECT 1 FROM webhook_deliveries WHERE webhookId = ? AND dueAt IS NOT NULL";
const WAKE = `UPDATE webhook_deliveries SET dueAt = ? WHERE webhookId = ? AND deliveryId IN
  (SELECT deliveryId FROM webhook_deliveries WHERE webhookId = ? AND dueAt > ?
   LIMIT ${ROWS_PER_WRITE})`;
const OLDEST_KEPT = `SELECT deliveryId FROM webhook_deliveries
  WHERE webhookId = ? AND dueAt IS NULL ORDER BY deliveryId DESC LIMIT 1 OFFSET ?`;

export class SqliteWebhookDeliveryStore implements WebhookDeliveryStore {
  planner: DeliveryPlanner = () => [];
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add(deliveries: WebhookDelivery[]): Promise<void> {
    return this.#db.write(() => this.insert(deliveries));
  }

  /** Runs within the caller's transaction. */
  insert(deliveries: readonly WebhookDelivery[]): void {
    for (const delivery of deliveries) {
      this.#db.run(DELIVERIES.insert, ...DELIVERIES.bind(delivery));
    }
  }

  /** Runs within the caller's transaction. */
  record(...events: NewWebhookEvent[]): void {
    this.insert(this.planner(events));
  }

  byKey({ webhookId, deliveryId }: DeliveryKey): Promise<WebhookDelivery | null> {
    const sql = DELIVERIES.select("WHERE webhookId = ? AND deliveryId = ?");
    return this.#db.read(() => DELIVERIES.decodeOrNull(this.#db.get(sql, webhookId, deliveryId)));
  }

  withPending(webhookIds: string[]): Promise<string[]> {
    return this.#db.read(() =>
      webhookIds.filter((id) => this.#db.get(`${ANY_PENDING} LIMIT 1`, id) !== undefined)
    );
  }

  pending(webhookId: string, afterLane: string, limit: number): Promise<WebhookDelivery[]> {
    return this.#db.read(() =>
      this.#db.all(PENDING, webhookId, afterLane, limit).map((raw) => DELIVERIES.decode(raw))
    );
  }

  countPending(webhookId: string, max: number): Promise<number> {
    const sql = `SELECT COUNT(*) AS pending FROM (${ANY_PENDING} LIMIT 0 + ?)`;
    return this.#db.read(() => Number(this.#db.get(sql, webhookId, max)!.pending));
  }

  settle(changes: DeliveryChange[]): Promise<void> {
    return this.#db.write(() => {
      for (const change of changes) {
        const values = DELIVERIES.bind(change as WebhookDelivery, RESULT);
        this.#db.run(SETTLE, ...values, change.webhookId, change.deliveryId);
      }
    });
  }

  async wake(webhookId: string, now: number): Promise<void> {
    await this.#db.writeParts(() => this.#db.run(WAKE, now, webhookId, webhookId, now));
  }

  list({ webhookId, status, before, limit }: DeliveryQuery): Promise<WebhookDelivery[]> {
    const condition = status === null ? "" : "AND status = ?";
    const sql = DELIVERIES.select(
      `WHERE webhookId = ? AND deliveryId < ? ${condition} ORDER BY deliveryId DESC LIMIT 0 + ?`,
    );
    const values = [
      webhookId,
      before ?? AFTER_ALL_IDS,
      ...(status === null ? [] : [status]),
      limit,
    ];
    return this.#db.read(() => this.#db.all(sql, ...values).map((raw) => DELIVERIES.decode(raw)));
  }

  async purge(webhookId: string, before: number, keep: number): Promise<void> {
    const oldest = await this.#db.read(() => this.#db.get(OLDEST_KEPT, webhookId, keep));
    const condition = "webhookId = ? AND dueAt IS NULL AND (createdAt < ? OR deliveryId <= ?)";
    const values = [webhookId, before, oldest === undefined ? "" : String(oldest.deliveryId)];
    await this.#db.deleteParts("webhook_deliveries", condition, values, "webhookId, deliveryId");
  }
}
