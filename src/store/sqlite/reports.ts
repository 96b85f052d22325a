import type { IdPage } from "../../core/in_pages.ts";
import type { Report } from "../../model/report.ts";
import type { ReportCount, ReportStore } from "../report_store.ts";
import { type Database, ROWS_PER_WRITE } from "./database.ts";
import { reportCreated } from "../webhook_events.ts";
import { AFTER_ALL_IDS, Table } from "./table.ts";
import type { SqliteWebhookDeliveryStore } from "./webhook_deliveries.ts";

const REPORTS = new Table<Report>("reports", {
  id: "value",
  reporterId: "value",
  userId: "value",
  messageId: "value",
  reason: "value",
  details: "value",
  evidence: "value",
  createdAt: "value",
  resolvedAt: "value",
  resolvedBy: "value",
});

const someAbout = (rest: string) => `(SELECT 1 FROM reports WHERE userId = ? ${rest} LIMIT 0 + ?)`;

export class SqliteReportStore implements ReportStore {
  readonly #db: Database;

  constructor(db: Database, private readonly deliveries: SqliteWebhookDeliveryStore) {
    this.#db = db;
  }

  create(report: Report): Promise<void> {
    return this.#db.write(() => {
      this.#db.run(REPORTS.insert, ...REPORTS.bind(report));
      this.deliveries.record(reportCreated(report));
    });
  }

  byId(id: string): Promise<Report | null> {
    return this.#db.read(() => this.#row(id));
  }

  list(query: { open: boolean; before: string | null; limit: number }): Promise<Report[]> {
    const open = query.open ? "AND resolvedAt IS NULL" : "";
    return this.#db.read(() =>
      this.#db.all(
        REPORTS.select(`WHERE id < ? ${open} ORDER BY id DESC LIMIT 0 + ?`),
        query.before ?? AFTER_ALL_IDS,
        query.limit,
      ).map((raw) => REPORTS.decode(raw))
    );
  }

  countAbout(userId: string, max: number): Promise<ReportCount> {
    const count = (rest: string) =>
      Number(this.#db.get(`SELECT count(*) AS count FROM ${someAbout(rest)}`, userId, max)!.count);
    return this.#db.read(() => ({ total: count(""), open: count("AND resolvedAt IS NULL") }));
  }

  byReporter(
    reporterId: string,
    { before, limit }: IdPage,
  ): Promise<Report[]> {
    const sql = REPORTS.select("WHERE reporterId = ? AND id < ? ORDER BY id DESC LIMIT 0 + ?");
    return this.#db.read(() =>
      this.#db.all(sql, reporterId, before ?? AFTER_ALL_IDS, limit)
        .map((raw) => REPORTS.decode(raw))
    );
  }

  redactReportsAbout(userId: string): Promise<void> {
    return this.#redact("details = '', evidence = NULL", "userId", userId);
  }

  redactBy(reporterId: string): Promise<void> {
    return this.#redact("details = ''", "reporterId", reporterId);
  }

  resolve(id: string, by: string | null, at: number): Promise<Report | null> {
    return this.#db.write(() => {
      this.#db.run(
        "UPDATE reports SET resolvedBy = ?, resolvedAt = ? WHERE id = ? AND resolvedAt IS NULL",
        by,
        at,
        id,
      );
      return this.#row(id);
    });
  }

  /** Excludes rows that are redacted already; otherwise the loop would never end. */
  async #redact(changes: string, field: "userId" | "reporterId", id: string): Promise<void> {
    const left = field === "userId" ? "(details <> '' OR evidence IS NOT NULL)" : "details <> ''";
    const sql = `UPDATE reports SET ${changes} WHERE rowid IN
      (SELECT rowid FROM reports WHERE ${field} = ? AND ${left} LIMIT ${ROWS_PER_WRITE})`;
    await this.#db.writeParts(() => this.#db.run(sql, id));
  }

  #row(id: string): Report | null {
    return REPORTS.decodeOrNull(this.#db.get(REPORTS.select("WHERE id = ?"), id));
  }
}
