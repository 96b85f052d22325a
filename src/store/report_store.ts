import type { Report } from "../model/report.ts";

export interface ReportStore {
  create(report: Report): Promise<void>;
  byId(id: string): Promise<Report | null>;
  /** Newest (highest id) first; with `before`, only lower ids; with `open`, only unresolved ones. */
  list(query: { open: boolean; before: string | null; limit: number }): Promise<Report[]>;
  /** Newest (highest id) first. */
  byReporter(reporterId: string): Promise<Report[]>;
  /** Blanks what reports about this person say and show; that they were made stays. */
  redactReportsAbout(userId: string): Promise<void>;
  /** Blanks what this person wrote in reports; the message that they reported stays. */
  redactBy(reporterId: string): Promise<void>;
  /** Null when missing; resolving twice keeps the first. */
  resolve(id: string, by: string, at: number): Promise<Report | null>;
}
