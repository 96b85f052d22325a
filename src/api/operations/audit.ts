import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { AUDIT_ACTIONS, type AuditEntry } from "../../model/audit_entry.ts";
import { toTimestamp } from "../../core/clock.ts";
import { chatId, cursor, id, limit, page, timestamp, userId } from "../fields.ts";
import { operation } from "../operation.ts";

const tag = "Audit";

const AuditEntryView = lazy(() =>
  z.object({
    id,
    at: timestamp,
    action: z.enum(AUDIT_ACTIONS),
    actorId: userId.nullable().describe(
      "Null for the server itself, and for an API key that acted by itself",
    ),
    keyId: id.nullable().describe(
      "The API key of the server that did it, in the actor's name if there is one",
    ),
    userId: userId.nullable().describe("Whom it concerns"),
    chatId: chatId.nullable(),
    address: z.string().nullable().describe("Null for what others did"),
    userAgent: z.string().nullable(),
    details: z.record(z.string(), z.string()),
  }).meta({ id: "AuditEntry" })
);

type AuditEntryView = z.infer<ReturnType<typeof AuditEntryView>>;

/** The origin of an action is shown to its actor and to administrators of the server only. */
export function auditEntryView(entry: AuditEntry, showOrigin: boolean): AuditEntryView {
  const { door: _, ...fields } = entry;
  const origin = showOrigin ? {} : { address: null, userAgent: null };
  return { ...fields, at: toTimestamp(entry.at), ...origin };
}

const paging = lazy(() => ({ limit, cursor: cursor.optional() }));

export const ownAudit = operation({
  name: "audit.own",
  summary: "What was done to the caller's account, and by it, newest first",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject(paging()),
  output: () => page(AuditEntryView()),
  rest: { method: "GET", path: "/audit" },
});

export const groupAudit = operation({
  name: "audit.group",
  summary: "Who changed a group's members and roles, newest first; for its owner and admins",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({ groupId: chatId, ...paging() }),
  output: () => page(AuditEntryView()),
  rest: { method: "GET", path: "/groups/:groupId/audit" },
  errors: ["forbidden", "not_found"],
});

export const adminAudit = operation({
  name: "audit.all",
  summary: "Everything, or everything about one person, newest first",
  tag,
  access: "admin",
  scope: "admin:read",
  limit: "read",
  input: () => z.strictObject({ userId: userId.optional(), ...paging() }),
  output: () => page(AuditEntryView()),
  rest: { method: "GET", path: "/admin/audit" },
});
