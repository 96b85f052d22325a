import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { toTimestamp, toTimestampOrNull } from "../../core/clock.ts";
import type { Report } from "../../model/report.ts";
import { id, messageId, timestamp, userId } from "../fields.ts";

export const reason = lazy(() =>
  z.enum(["spam", "abuse", "violence", "sexual", "impersonation", "other"])
);

export const ReportView = lazy(() =>
  z.object({
    id,
    userId: userId.describe("Who was reported"),
    messageId: messageId.nullable(),
    reason: reason(),
    details: z.string(),
    createdAt: timestamp,
    resolvedAt: timestamp.nullable(),
  }).meta({ id: "Report" })
);

export const AdminReportView = lazy(() =>
  ReportView().extend({
    reporterId: userId,
    evidence: z.unknown().describe("The message as it was when it was reported, or null"),
    resolvedBy: userId.nullable(),
  }).meta({ id: "AdminReport" })
);

export type AdminReportView = z.infer<ReturnType<typeof AdminReportView>>;

export function reportView(report: Report) {
  const { id, userId, messageId, reason, details } = report;
  const [createdAt, resolvedAt] = [
    toTimestamp(report.createdAt),
    toTimestampOrNull(report.resolvedAt),
  ];
  return { id, userId, messageId, reason, details, createdAt, resolvedAt };
}

export function adminReportView(report: Report) {
  const { reporterId, resolvedBy } = report;
  const evidence = report.evidence === null ? null : JSON.parse(report.evidence);
  return { ...reportView(report), reporterId, resolvedBy, evidence };
}
