import type { Report } from "../../model/report.ts";
import type { ReportStore } from "../report_store.ts";
import type { Database } from "./database.ts";
import { AFTER_ALL_IDS, Table } from "./table.ts";

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

export class SqliteReportStore implements ReportStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  create(report: Report): Promise<void> {
    return this.#db.write(() => {
      this.#db.run(REPORTS.insert, ...REPORTS.bind(report));
    });
  }

  byId(id: string): Promise<Report | null> {
    return this.#db.read(() => this.#row(id));
  }

  list(query: { open: boolean; before: string | null; limit: number }): Promise<Report[]> {
    const open = query.open ? "AND resolvedAt IS NULL" : "";
    return this.#db.read(() =>
      this.#db.all(
        REPORTS.select(`WHERE id < ? ${open} ORDER BY id DESC LIMIT ?`),
        ...[query.before ?? AFTER_ALL_IDS, query.limit],
      ).map((raw) => REPORTS.decode(raw))
    );
  }

  byReporter(reporterId: string): Promise<Report[]> {
    return this.#db.read(() =>
      this.#db.all(REPORTS.select("WHERE reporterId = ? ORDER BY id DESC"), reporterId)
        .map((raw) => REPORTS.decode(raw))
    );
  }

  redactAbout(userId: string): Promise<void> {
    return this.#db.write(() => {
      this.#db.run("UPDATE reports SET details = '', evidence = NULL WHERE userId = ?", userId);
    });
  }

  redactBy(reporterId: string): Promise<void> {
    return this.#db.write(() => {
      this.#db.run("UPDATE reports SET details = '' WHERE reporterId = ?", reporterId);
    });
  }

  resolve(id: string, by: string, at: number): Promise<Report | null> {
    return this.#db.write(() => {
      this.#db.run(
        "UPDATE reports SET resolvedBy = ?, resolvedAt = ? WHERE id = ? AND resolvedAt IS NULL",
        ...[by, at, id],
      );
      return this.#row(id);
    });
  }

  #row(id: string): Report | null {
    return REPORTS.decodeOrNull(this.#db.get(REPORTS.select("WHERE id = ?"), id));
  }
}
