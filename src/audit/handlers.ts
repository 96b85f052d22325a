import { AppError, notFound } from "../core/errors.ts";
import { type AuditEntry, isEntryFor } from "../model/audit_entry.ts";
import { bind, type Bound } from "../operations/handler.ts";
import type { Store } from "../store/store.ts";
import * as operations from "../api/operations/audit.ts";
import type { AuditTrail } from "./audit_trail.ts";

/**
 * The audit trail for its readers: the user, the admins of a group, the server's administrators.
 */
export function auditHandlers(
  audit: AuditTrail,
  store: Pick<Store, "chats" | "memberships">,
): Bound[] {
  return [
    bind(operations.ownAudit, async ({ userId }, { limit, cursor = null }) => {
      const entries = await audit.ofUser(userId, { before: cursor, limit });
      const { items, next } = pageOf(entries, limit, ({ actorId }) => actorId === userId);
      return { items: items.filter((entry) => isEntryFor(userId, entry)), next };
    }),
    bind(operations.groupAudit, async ({ userId }, { groupId, limit, cursor = null }) => {
      const member = await store.memberships.of(groupId, userId);
      if (!member || member.leftAt !== null) throw notFound("group", groupId);
      if (member.role === "member") {
        // In a direct chat both users are plain members.
        const chat = await store.chats.byId(groupId);
        if (chat?.kind !== "group") throw notFound("group", groupId);
        throw new AppError("forbidden", "Cannot read the group's audit trail: only its admins may");
      }
      const entries = await audit.ofChat(groupId, { before: cursor, limit });
      return pageOf(entries, limit, ({ actorId }) => actorId === userId);
    }),
    bind(operations.adminAudit, async (_caller, { userId, limit, cursor = null }) => {
      const page = { before: cursor, limit };
      const entries = userId === undefined
        ? await audit.all(page)
        : await audit.ofUser(userId, page);
      return pageOf(entries, limit, () => true);
    }),
  ];
}

function pageOf(entries: AuditEntry[], limit: number, showOrigin: (entry: AuditEntry) => boolean) {
  return {
    items: entries.map((entry) => operations.auditEntryView(entry, showOrigin(entry))),
    next: entries.length < limit ? null : entries.at(-1)!.id,
  };
}
