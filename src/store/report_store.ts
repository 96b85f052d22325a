import type { IdPage } from "../core/in_pages.ts";
import type { Report } from "../model/report.ts";

export interface ReportCount {
  total: number;
  open: number;
}

export interface ReportStore {
  create(report: Report): Promise<void>;
  byId(id: string): Promise<Report | null>;
  /**
   * Newest (highest id) first; with `before`, only lower ids; with `open`, only unresolved ones.
   */
  list(query: { open: boolean; before: string | null; limit: number }): Promise<Report[]>;
  /** Number of reports about this person, and of unresolved ones; each at most `max`. */
  countAbout(userId: string, max: number): Promise<ReportCount>;
  /** Newest (highest id) first; with `before`, only lower ids. */
  byReporter(
    reporterId: string,
    page: IdPage,
  ): Promise<Report[]>;
  /** Blanks the texts and contents in reports about this person; the reports themselves stay. */
  redactReportsAbout(userId: string): Promise<void>;
  /** Blanks the texts that this person wrote in reports; the reported message stays. */
  redactBy(reporterId: string): Promise<void>;
  /** `by` is null for a server. Null when missing; resolving twice keeps the first resolution. */
  resolve(id: string, by: string | null, at: number): Promise<Report | null>;
}
