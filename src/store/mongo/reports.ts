import type { IdPage } from "../../core/in_pages.ts";
import type { Collection } from "mongodb";
import type { Report } from "../../model/report.ts";
import type { ReportCount, ReportStore } from "../report_store.ts";
import type { MongoConnection } from "./connection.ts";
import { type Document, eq, fromDocument, fromDocumentOrNull, toDocument } from "./documents.ts";
import { reportCreated } from "../webhook_events.ts";
import type { CollectionSpec } from "./indexes.ts";
import type { Transact } from "./transaction.ts";
import { MongoWebhookDeliveryStore } from "./webhook_deliveries.ts";

export const REPORTS: CollectionSpec = {
  name: "reports",
  indexes: [
    { name: "open", key: { resolvedAt: 1, _id: -1 } },
    { name: "byReporter", key: { reporterId: 1, _id: -1 } },
    { name: "about", key: { userId: 1 } },
  ],
};

export class MongoReportStore implements ReportStore {
  readonly #reports: Collection<Document<Report>>;
  readonly #deliveries: MongoWebhookDeliveryStore;
  readonly #transact: Transact;

  constructor(mongo: MongoConnection) {
    this.#reports = mongo.collection(REPORTS);
    this.#deliveries = new MongoWebhookDeliveryStore(mongo);
    this.#transact = mongo.transact;
  }

  async create(report: Report): Promise<void> {
    const deliveries = this.#deliveries.planner([reportCreated(report)]);
    if (deliveries.length === 0) {
      await this.#reports.insertOne(toDocument(report));
      return;
    }
    await this.#transact(async (session) => {
      await this.#reports.insertOne(toDocument(report), { session });
      await this.#deliveries.insert(deliveries, session);
    });
  }

  async byId(id: string): Promise<Report | null> {
    return fromDocumentOrNull(await this.#reports.findOne({ _id: eq(id) }));
  }

  async list(
    { open, before, limit }: { open: boolean; before: string | null; limit: number },
  ): Promise<Report[]> {
    const filter = {
      ...(open && { resolvedAt: null }),
      ...(before !== null && { _id: { $lt: before } }),
    };
    const found = this.#reports.find(filter).sort({ _id: -1 }).limit(limit);
    return (await found.toArray()).map(fromDocument<Report>);
  }

  async countAbout(userId: string, max: number): Promise<ReportCount> {
    const about = { userId: eq(userId) };
    const [total, open] = await Promise.all([
      this.#reports.countDocuments(about, { limit: max }),
      this.#reports.countDocuments({ ...about, resolvedAt: null }, { limit: max }),
    ]);
    return { total, open };
  }

  async byReporter(
    reporterId: string,
    { before, limit }: IdPage,
  ): Promise<Report[]> {
    const filter = { reporterId: eq(reporterId), ...(before !== null && { _id: { $lt: before } }) };
    const found = this.#reports.find(filter).sort({ _id: -1 }).limit(limit);
    return (await found.toArray()).map(fromDocument<Report>);
  }

  async redactReportsAbout(userId: string): Promise<void> {
    await this.#reports.updateMany(
      { userId: eq(userId) },
      { $set: { details: "", evidence: null } },
    );
  }

  async redactBy(reporterId: string): Promise<void> {
    await this.#reports.updateMany({ reporterId: eq(reporterId) }, { $set: { details: "" } });
  }

  async resolve(id: string, by: string | null, at: number): Promise<Report | null> {
    const resolved = await this.#reports.findOneAndUpdate(
      { _id: eq(id), resolvedAt: null },
      { $set: { resolvedAt: at, resolvedBy: by } },
      { returnDocument: "after" },
    );
    return resolved === null ? await this.byId(id) : fromDocument<Report>(resolved);
  }
}
