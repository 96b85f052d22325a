import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { cursor, flag, instant, limit, line, page, text, timestamp, userId } from "../fields.ts";
import { operation } from "../operation.ts";
import { UserView } from "../views/user.ts";
import { externalId } from "./own_users.ts";

const tag = "Administration";

const Suspended = lazy(() =>
  z.object({
    at: timestamp,
    until: timestamp.nullable().describe("Null: until it is lifted"),
    reason: z.string(),
    byUserId: userId.nullable().describe("Null for a server"),
  }).meta({ id: "SuspensionInForce" })
);

const AdminUserView = lazy(() =>
  UserView().extend({
    email: z.string().nullable().describe("Null for an API key, and for a person who has none"),
    emailVerifiedAt: timestamp.nullable(),
    externalId: externalId().nullable(),
    role: z.enum(["user", "admin"]),
    twoFactorEnabled: flag,
    shadowedAt: timestamp.nullable().describe("Since when only they see what they send"),
    suspension: Suspended().nullable().describe("What is in force now"),
    deactivatedAt: timestamp.nullable(),
    createdAt: timestamp,
    lastSeenAt: timestamp.nullable(),
    sessions: z.int().describe("Sessions that have not ended"),
    storageBytes: z.int().describe("Bytes of uploads"),
    reports: z.object({ total: z.int(), open: z.int() })
      .describe("Reports about the person, at most 1,000 of each"),
  }).meta({ id: "AdminUser", description: "An account as administrators see it" })
);

export type AdminUserView = z.infer<ReturnType<typeof AdminUserView>>;

export const listAllUsers = operation({
  name: "admin.users",
  summary: "People with all of the given properties, newest first; with q, by username",
  description:
    "A page may have fewer people than asked for, or none, before the end of the list: its `next` " +
    "says where to continue.",
  tag,
  access: "admin",
  scope: "moderation:read",
  limit: "search",
  input: () =>
    z.strictObject({
      q: line({ max: 100 }).optional().describe(
        "Words of the name or username; the last may be cut",
      ),
      email: text({ max: 254 }).optional()
        .describe("The whole address; for administrators, not for API keys, and audited"),
      externalId: externalId().optional(),
      role: z.enum(["user", "admin"]).optional().describe("Only people with this role"),
      suspended: flag.optional().describe("Suspended or deactivated now"),
      bot: flag.optional().describe("Only bots, or only others"),
      createdAfter: instant.optional(),
      createdBefore: instant.optional(),
      limit,
      cursor: cursor.optional(),
    }),
  output: () => page(AdminUserView()),
  rest: { method: "GET", path: "/admin/users" },
});

export const getAnyUser = operation({
  name: "admin.user",
  summary: "One account, as administrators see it",
  tag,
  access: "admin",
  scope: "moderation:read",
  limit: "read",
  input: () => z.strictObject({ userId }),
  output: AdminUserView,
  rest: { method: "GET", path: "/admin/users/:userId" },
  errors: ["not_found"],
});

export const shadowUser = operation({
  name: "admin.shadow",
  summary: "Let only a person see what they send from now on, or everybody again",
  description:
    "They do not learn of it. Messages that were sent in the shadow stay there for good. At most " +
    "10,000 people can be shadowed.",
  tag,
  access: "admin",
  scope: "moderation",
  limit: "write",
  input: () =>
    z.strictObject({
      userId,
      shadowed: flag,
      reason: line({ min: 0, max: 500 }).default("").describe("For the audit trail"),
    }),
  output: () => z.strictObject({ userId, shadowedAt: timestamp.nullable() }),
  rest: { method: "PUT", path: "/admin/users/:userId/shadow" },
  errors: ["not_found"],
});
