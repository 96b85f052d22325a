import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import {
  cursor,
  flag,
  id,
  instant,
  limit,
  line,
  messageId,
  page,
  text,
  timestamp,
  userId,
} from "../fields.ts";
import { operation } from "../operation.ts";
import { AdminReportView, reason, ReportView } from "../views/report.ts";

const administration = "Administration";

export const reportUser = operation({
  name: "user.report",
  summary: "Report a person, or a message of theirs, to the administrators",
  tag: "Blocking and reporting",
  access: "session",
  limit: "reset",
  input: () =>
    z.strictObject({
      userId,
      messageId: messageId.optional(),
      reason: reason(),
      details: text({ min: 0, max: 2000 }).default(""),
    }),
  output: ReportView,
  rest: { method: "POST", path: "/users/report", status: 201 },
  errors: ["not_found"],
});

export const listReports = operation({
  name: "admin.reports",
  summary: "Reports, newest first",
  tag: administration,
  access: "admin",
  scope: "moderation",
  limit: "read",
  input: () =>
    z.strictObject({
      open: flag.default(true).describe("Only those that nobody has resolved"),
      limit,
      cursor: cursor.optional(),
    }),
  output: () => page(AdminReportView()),
  rest: { method: "GET", path: "/admin/reports" },
});

export const resolveReport = operation({
  name: "admin.resolveReport",
  summary: "Mark a report as dealt with",
  tag: administration,
  access: "admin",
  scope: "moderation",
  limit: "write",
  input: () =>
    z.strictObject({
      reportId: id,
      decision: text({ min: 0, max: 500 }).default("").describe("For the record"),
    }),
  output: AdminReportView,
  rest: { method: "POST", path: "/admin/reports/:reportId/resolve" },
  errors: ["not_found"],
});

const SuspensionView = lazy(() =>
  z.object({
    userId,
    suspended: flag,
    reason: z.string().nullable(),
    until: timestamp.nullable(),
  }).meta({ id: "Suspension" })
);

export const suspendUser = operation({
  name: "admin.suspend",
  summary: "Suspend an account: its sessions and sockets end at once",
  tag: administration,
  access: "admin",
  scope: "moderation",
  limit: "write",
  input: () =>
    z.strictObject({
      userId,
      reason: line({ max: 500 }).describe("Shown to the person when they try to sign in"),
      until: instant.optional().describe("Left out: until it is lifted"),
    }),
  output: SuspensionView,
  rest: { method: "POST", path: "/admin/users/:userId/suspend" },
  errors: ["not_found"],
});

export const unsuspendUser = operation({
  name: "admin.unsuspend",
  summary: "Lift a suspension",
  tag: administration,
  access: "admin",
  scope: "moderation",
  limit: "write",
  input: () => z.strictObject({ userId }),
  output: SuspensionView,
  rest: { method: "POST", path: "/admin/users/:userId/unsuspend" },
  errors: ["not_found"],
});

export const endUserSessions = operation({
  name: "admin.endSessions",
  summary: "End all sessions of an account, and close its sockets, without suspending it",
  tag: administration,
  access: "admin",
  scope: "moderation",
  limit: "write",
  input: () => z.strictObject({ userId }),
  output: () => z.strictObject({ ended: z.int() }),
  rest: { method: "POST", path: "/admin/users/:userId/end-sessions" },
  errors: ["not_found"],
});
