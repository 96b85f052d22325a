import { newId } from "../core/ids.ts";
import type { TransportName, Visitor } from "./caller.ts";

/**
 * Recorded actions: those that change credentials, roles, membership or suspension, or end an
 * account.
 */
export const AUDIT_ACTIONS = [
  "account.registered",
  "account.erased",
  "session.opened",
  "session.ended",
  "session.refresh_reused",
  "password.changed",
  "password.reset",
  "email.verified",
  "email.change_requested",
  "email.changed",
  "email.change_undone",
  "username.changed",
  "second_factor.enabled",
  "second_factor.disabled",
  "second_factor.recovery_code_used",
  "second_factor.recovery_codes_renewed",
  "provider.linked",
  "provider.unlinked",
  "user.blocked",
  "user.unblocked",
  "user.reported",
  "user.suspended",
  "user.unsuspended",
  "admin.granted",
  "admin.revoked",
  "report.resolved",
  "data.exported",
  "group.created",
  "member.added",
  "member.joined",
  "member.removed",
  "member.left",
  "member.role_changed",
  "encryption.restarted",
  "encryption.device_added",
  "encryption.device_removed",
  "user.deactivated",
  "user.reactivated",
  "api_key.created",
  "api_key.rotated",
  "api_key.ended",
  "webhook.created",
  "webhook.changed",
  "webhook.deleted",
  "webhook.secret_rotated",
  "webhook.down",
  "webhook.recovered",
  "webhook.paused",
  "user.looked_up",
  "user.shadowed",
  "user.unshadowed",
  "chat.frozen",
  "chat.unfrozen",
  "messages.read",
  "message.removed",
  "filters.changed",
  "hook.changed",
] as const;

export type AuditAction = typeof AUDIT_ACTIONS[number];

/** Actions that would warn the person whom they concern; administrators read them. */
const CONFIDENTIAL: ReadonlySet<AuditAction> = new Set([
  "user.looked_up",
  "user.shadowed",
  "user.unshadowed",
  "messages.read",
]);

/** True if the user may read an entry that concerns them, or that they caused. */
export function isEntryFor(
  userId: string,
  { action, actorId }: Pick<AuditEntry, "action" | "actorId">,
): boolean {
  return actorId === userId || !CONFIDENTIAL.has(action);
}

/**
 * One recorded action: its actor, subject, time and origin. Entries never change, except to remove
 * an erased person's traces.
 */
export interface AuditEntry {
  id: string;
  at: number;
  action: AuditAction;
  /** Null for actions of the server itself, and of an API key that acted by itself. */
  actorId: string | null;
  /** The API key with which a server acted, by itself or in the name of `actorId`. */
  keyId: string | null;
  /** The user concerned; null where there is no single one. */
  userId: string | null;
  chatId: string | null;
  door: TransportName | null;
  address: string;
  userAgent: string;
  details: Record<string, string>;
}

/** The actor and the origin of an action; null for the server itself. */
export interface AuditOrigin {
  actorId: string | null;
  visitor: Visitor | null;
}

export interface AuditNote {
  action: AuditAction;
  userId?: string;
  chatId?: string;
  details?: Record<string, string>;
}

export function newAuditEntry(
  { actorId, visitor }: AuditOrigin,
  { action, userId, chatId, details }: AuditNote,
  at: number,
): AuditEntry {
  return {
    id: newId(),
    at,
    action,
    actorId,
    keyId: visitor?.key?.id ?? null,
    userId: userId ?? null,
    chatId: chatId ?? null,
    door: visitor?.transport ?? null,
    address: visitor?.address ?? "",
    userAgent: visitor?.userAgent ?? "",
    details: details ?? {},
  };
}
