import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { chatId, cursor, flag, instant, limit, line, page, timestamp, userId } from "../fields.ts";
import { operation } from "../operation.ts";
import { ChatView } from "../views/chat.ts";
import { MemberView } from "../views/member.ts";

const tag = "Administration";

const AdminChatView = lazy(() =>
  ChatView().extend({
    externalId: z.string().nullable(),
    lastActivityAt: timestamp,
    frozenBy: userId.nullable().describe("Null for a server, and for a chat that is not frozen"),
  }).meta({ id: "AdminChat", description: "A chat as administrators see it" })
);

export type AdminChatView = z.infer<ReturnType<typeof AdminChatView>>;

const AdminChatWithMembers = lazy(() =>
  AdminChatView().extend({
    members: z.array(MemberView()).describe("Present members, longest-standing first"),
  }).meta({ id: "AdminChatWithMembers" })
);

/** For the record, and for the person whom it concerns. */
export const moderationReason = lazy(() =>
  line({ max: 500 }).describe("For the audit trail; the people concerned can read it")
);

export const listAllChats = operation({
  name: "admin.chats",
  summary: "Chats with all of the given properties, newest first",
  description:
    "A page may have fewer chats than asked for, or none, before the end of the list: its `next` " +
    "says where to continue.",
  tag,
  access: "admin",
  scope: "moderation:read",
  limit: "search",
  input: () =>
    z.strictObject({
      q: line({ max: 100 }).optional().describe("Words of the name; the last may be cut"),
      memberId: userId.optional().describe("Only chats of this person, also former ones"),
      kind: z.enum(["direct", "group"]).optional().describe("Only chats of this kind"),
      frozen: flag.optional().describe("Only chats that are frozen, or only others"),
      createdAfter: instant.optional(),
      createdBefore: instant.optional(),
      limit,
      cursor: cursor.optional(),
    }),
  output: () => page(AdminChatView()),
  rest: { method: "GET", path: "/admin/chats" },
});

export const getAnyChat = operation({
  name: "admin.chat",
  summary: "A chat with its members, as administrators see it",
  tag,
  access: "admin",
  scope: "moderation:read",
  limit: "read",
  input: () => z.strictObject({ chatId }),
  output: AdminChatWithMembers,
  rest: { method: "GET", path: "/admin/chats/:chatId" },
  errors: ["not_found"],
});

export const freezeChat = operation({
  name: "admin.freezeChat",
  summary: "Let nobody write into a chat, or let them again; the members see it",
  description:
    "In a frozen chat sending, editing, reactions, pins, joining and changes of the chat fail with " +
    "`chat_frozen`. Members may still read, leave and delete their messages, its admins remove " +
    "members (also by a Commit that adds nobody), and servers write system messages.",
  tag,
  access: "admin",
  scope: "moderation",
  limit: "write",
  input: () =>
    z.strictObject({
      chatId,
      frozen: flag,
      reason: line({ min: 0, max: 500 }).default("").describe("Shown to the members"),
    }),
  output: AdminChatView,
  rest: { method: "POST", path: "/admin/chats/:chatId/freeze" },
  errors: ["not_found"],
});

export const expelMember = operation({
  name: "admin.removeMember",
  summary: "Remove a person from a group, whatever their role; ownership is passed on",
  description:
    "In an encrypted group the membership ends as by leaving: the server delivers nothing more to " +
    "the person, and the next Commit of a member removes their devices.",
  tag,
  access: "admin",
  scope: "moderation",
  limit: "write",
  input: () => z.strictObject({ chatId, userId, reason: moderationReason() }),
  output: null,
  rest: { method: "DELETE", path: "/admin/chats/:chatId/members/:userId", status: 204 },
  errors: ["not_found", "conflict"],
});
