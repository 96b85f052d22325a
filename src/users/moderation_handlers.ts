import { toTimestamp, toTimestampOrNull } from "../core/clock.ts";
import type { User } from "../model/user.ts";
import { bind, type Bound } from "../operations/handler.ts";
import { adminReportView, reportView } from "../api/views/report.ts";
import { hiddenUserView, userView } from "../api/views/user.ts";
import type { Blocks } from "./blocks.ts";
import type { Moderation } from "./moderation.ts";
import * as people from "../api/operations/admin_people.ts";
import * as operations from "../api/operations/moderation.ts";
import type { Reports } from "./reports.ts";

export interface ModerationServices {
  blocks: Blocks;
  reports: Reports;
  moderation: Moderation;
}

export function moderationHandlers({ blocks, reports, moderation }: ModerationServices): Bound[] {
  return [
    bind(operations.blockUser, async (caller, { userId, unblock }) => {
      await blocks.set(caller, userId, !unblock);
      return { userId, blocked: !unblock };
    }),
    bind(operations.listBlocked, async ({ userId }) => {
      const items = (await blocks.list(userId)).map(({ user, block }) => ({
        user: user ? userView(user) : hiddenUserView(block.blockedId),
        blockedAt: toTimestamp(block.createdAt),
      }));
      return { items, next: null };
    }),
    bind(operations.reportUser, async (caller, input) => {
      return reportView(await reports.create(caller, input));
    }),
    bind(operations.listReports, async (_caller, { open, limit, cursor = null }) => {
      const items = await reports.list({ open, before: cursor, limit });
      const next = items.length < limit ? null : items.at(-1)!.id;
      return { items: items.map(adminReportView), next };
    }),
    bind(operations.resolveReport, async (caller, { reportId, decision }) => {
      return adminReportView(await reports.resolve(caller, reportId, decision));
    }),
    bind(operations.suspendUser, async (caller, { userId, reason, until = null }) => {
      return suspensionView(await moderation.suspend(caller, userId, { reason, until }));
    }),
    bind(operations.endUserSessions, async (caller, { userId }) => {
      return { ended: await moderation.endSessions(caller, userId) };
    }),
    bind(people.shadowUser, async (caller, { userId, ...shadow }) => {
      const { shadowedAt } = await moderation.shadow(caller, userId, shadow);
      return { userId, shadowedAt: toTimestampOrNull(shadowedAt) };
    }),
    bind(operations.unsuspendUser, async (caller, { userId }) => {
      return suspensionView(await moderation.unsuspend(caller, userId));
    }),
  ];
}

function suspensionView({ id: userId, suspension }: User) {
  return {
    userId,
    suspended: suspension !== null,
    reason: suspension?.reason ?? null,
    until: toTimestampOrNull(suspension?.until ?? null),
  };
}
