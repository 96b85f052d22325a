import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import {
  chatId,
  cursor,
  flag,
  ids,
  limit,
  line,
  mediaId,
  page,
  rev,
  seq,
  text,
  userId,
} from "../fields.ts";
import { customFilter, customInput } from "../custom_data.ts";
import { HISTORY_RULES } from "../../model/chat.ts";
import { LIMIT_SPECS } from "../limits.ts";
import { operation } from "../operation.ts";
import { ChangesView } from "../views/changes.ts";
import { ChatView } from "../views/chat.ts";
import { NotAddedView } from "../views/contact.ts";
import { MemberView, ReceiptView } from "../views/member.ts";
import { MessageView } from "../views/message.ts";

const InboxItem = lazy(() =>
  z.object({
    chat: ChatView(),
    lastMessage: MessageView().nullable(),
    unread: z.int().describe(
      "Messages of others since joining that the caller has not read, not deleted and not by people " +
        "they block; counted up to 1000",
    ),
    mentions: z.int().describe("Those of the unread messages that mention the caller"),
    muted: z.boolean().describe("The caller wants to hear nothing of the chat now"),
    rev: z.int().describe("The chat's head: the cursor from which to catch up"),
    me: MemberView().describe("The caller's own membership"),
    peerId: userId.nullable().describe("The other person of a direct chat"),
  }).meta({ id: "InboxItem" })
);

/** A chat with the people in it. */
export const ChatWithMembers = lazy(() =>
  ChatView().extend({
    members: z.array(MemberView()).describe("Present members, longest-standing first"),
  }).meta({ id: "ChatWithMembers" })
);

const ChatWithNotAdded = lazy(() =>
  ChatWithMembers().extend({
    notAdded: z.array(NotAddedView()).describe("Those who were named and are no members (yet)"),
  })
);

const Inbox = lazy(() =>
  z.strictObject({ limit, cursor: cursor.optional(), custom: customFilter().optional() })
);

const chats = "Chats";
const groups = "Groups";

export const openDirectChat = operation({
  name: "chat.open",
  summary:
    "The direct chat with a user, made on first use: a plain one, and an encrypted one beside it",
  tag: chats,
  access: "session",
  scope: "chats:write",
  limit: "join",
  input: () =>
    z.strictObject({
      userId,
      encrypted: flag.optional(),
      custom: customInput().optional(),
    }),
  output: ChatWithMembers,
  rest: {
    method: "POST",
    path: "/chats",
    status: 200,
    also: { 201: "This request created the chat" },
  },
  errors: ["chat_frozen", "forbidden", "not_found", "conflict"],
});

export const listChats = operation({
  name: "chat.inbox",
  summary: "The inbox, most recent first",
  tag: chats,
  access: "session",
  scope: "chats:read",
  limit: "read",
  input: Inbox,
  output: () => page(InboxItem()),
  rest: { method: "GET", path: "/chats" },
});

export const getChat = operation({
  name: "chat.get",
  summary: "A chat and its members",
  tag: chats,
  access: "session",
  scope: "chats:read",
  limit: "read",
  input: () => z.strictObject({ chatId }),
  output: ChatWithMembers,
  rest: { method: "GET", path: "/chats/:chatId" },
  errors: ["not_found"],
});

export const updateChat = operation({
  name: "chat.update",
  summary: "Set a chat's custom data: in a group for admins, in a direct chat for both people",
  tag: chats,
  access: "session",
  scope: "chats:write",
  limit: "write",
  input: () => z.strictObject({ chatId, custom: customInput() }),
  output: ChatView,
  rest: { method: "PUT", path: "/chats/:chatId" },
  errors: ["chat_frozen", "forbidden", "not_found"],
});

export const updateMember = operation({
  name: "member.update",
  summary: "Set the custom data of the caller's own membership, which all members see",
  tag: chats,
  access: "session",
  scope: "chats:write",
  limit: "write",
  input: () => z.strictObject({ chatId, custom: customInput() }),
  output: MemberView,
  rest: { method: "PUT", path: "/chats/:chatId/me" },
  errors: ["chat_frozen", "forbidden", "not_found"],
});

export const markRead = operation({
  name: "chat.read",
  summary: "Move the caller's read cursor forward",
  tag: chats,
  access: "session",
  scope: "chats:write",
  limit: "signal",
  input: () => z.strictObject({ chatId, seq }),
  output: ReceiptView,
  rest: { method: "POST", path: "/chats/:chatId/read" },
  socket: true,
  errors: ["not_found"],
});

export const markDelivered = operation({
  name: "chat.delivered",
  summary: "Move the caller's delivered cursor forward",
  tag: chats,
  access: "session",
  scope: "chats:write",
  limit: "signal",
  input: () => z.strictObject({ chatId, seq }),
  output: ReceiptView,
  rest: { method: "POST", path: "/chats/:chatId/delivered" },
  socket: true,
  errors: ["not_found"],
});

export const incarnation = lazy(() =>
  z.string().describe(
    "Names the history that revisions belong to. If it differs from that of your cursors (a backup was " +
      "restored), drop what you have and start over",
  )
);

export const getChanges = operation({
  name: "chat.changes",
  summary: "All rows of a chat touched after a revision",
  tag: chats,
  access: "session",
  scope: "chats:read",
  limit: "read",
  input: () => z.strictObject({ chatId, after: rev.default(0) }),
  output: () => ChangesView().extend({ incarnation: incarnation() }).meta({ id: "ChatChanges" }),
  rest: { method: "GET", path: "/chats/:chatId/changes" },
  socket: true,
  errors: ["not_found"],
});

export const Cursors = lazy(() =>
  z.record(chatId, rev)
    .refine((cursors) => Object.keys(cursors).length <= LIMIT_SPECS.syncChats.max, {
      message: `must have at most ${LIMIT_SPECS.syncChats.max} chats`,
    })
    .meta({ id: "Cursors", description: "The revision that the client has, by chat" })
);

export const sync = operation({
  name: "sync",
  summary: "Catch up on every chat of the caller's, new and left ones included",
  description: "Every 100 chats count as one more use of the limit.",
  tag: chats,
  access: "session",
  scope: "chats:read",
  limit: "read",
  input: () =>
    z.strictObject({
      cursors: Cursors().default({}),
      from: chatId.optional().describe("Only chats with a greater id: `next` of the page before"),
      to: chatId.optional().describe("Only chats up to this id"),
      namedOnly: flag.default(false).describe("Only chats that `cursors` names"),
      changedOnly: flag.default(false).describe("Leave out chats in which nothing has changed"),
    }),
  output: () =>
    z.object({
      items: z.array(ChangesView()),
      next: chatId.nullable().describe("`from` of the next page, with the cursors of its chats"),
      incarnation: incarnation(),
    }),
  rest: { method: "POST", path: "/sync" },
});

export const createGroup = operation({
  name: "group.create",
  summary: "Make a group",
  tag: groups,
  access: "session",
  scope: "chats:write",
  limit: "join",
  input: () =>
    z.strictObject({
      name: line({ max: 100 }),
      description: text({ min: 0, max: 1000 }).default(""),
      memberIds: ids(userId, { min: 0, max: LIMIT_SPECS.groupMembers.max }).default([]),
      encrypted: flag.default(false).describe("For good"),
      history: z.enum(HISTORY_RULES).default("all")
        .describe("What people who join later see: all of the history, or what follows"),
      custom: customInput().optional(),
    }),
  output: ChatWithNotAdded,
  rest: { method: "POST", path: "/groups", status: 201 },
  errors: ["not_found", "conflict"],
});

export const listGroups = operation({
  name: "group.list",
  summary: "The caller's groups, most recent first",
  tag: groups,
  access: "session",
  scope: "chats:read",
  limit: "read",
  input: Inbox,
  output: () => page(InboxItem()),
  rest: { method: "GET", path: "/groups" },
});

export const getGroup = operation({
  name: "group.get",
  summary: "A group and its members",
  tag: groups,
  access: "session",
  scope: "chats:read",
  limit: "read",
  input: () => z.strictObject({ groupId: chatId }),
  output: ChatWithMembers,
  rest: { method: "GET", path: "/groups/:groupId" },
  errors: ["not_found"],
});

export const updateGroup = operation({
  name: "group.update",
  summary: "Change a group's name, description, picture or custom data",
  tag: groups,
  access: "session",
  scope: "chats:write",
  limit: "write",
  input: () =>
    z.strictObject({
      groupId: chatId,
      name: line({ max: 100 }).optional(),
      description: text({ min: 0, max: 1000 }).optional(),
      avatarMediaId: mediaId.nullable().optional(),
      history: z.enum(HISTORY_RULES).optional()
        .describe("Holds for people who join from now on"),
      custom: customInput().optional(),
    }),
  output: ChatWithMembers,
  rest: { method: "PUT", path: "/groups/:groupId" },
  errors: ["chat_frozen", "forbidden", "not_found"],
});

export const addMembers = operation({
  name: "group.add",
  summary: "Add people to a group",
  tag: groups,
  access: "session",
  scope: "chats:write",
  limit: "join",
  input: () =>
    z.strictObject({
      groupId: chatId,
      userIds: ids(userId, { max: LIMIT_SPECS.groupMembers.max }),
    }),
  output: ChatWithNotAdded,
  rest: { method: "POST", path: "/groups/:groupId/members" },
  errors: ["chat_frozen", "forbidden", "not_found", "conflict"],
});

export const removeMember = operation({
  name: "group.remove",
  summary: "Leave a group, or remove someone from it",
  tag: groups,
  access: "session",
  scope: "chats:write",
  limit: "write",
  input: () => z.strictObject({ groupId: chatId, userId }),
  output: null,
  rest: { method: "DELETE", path: "/groups/:groupId/members/:userId", status: 204 },
  errors: ["forbidden", "not_found", "conflict"],
});

export const setRole = operation({
  name: "group.role",
  summary: "Make a member owner, admin or plain member",
  tag: groups,
  access: "session",
  scope: "chats:write",
  limit: "write",
  input: () =>
    z.strictObject({
      groupId: chatId,
      userId,
      role: z.enum(["owner", "admin", "member"]),
    }),
  output: ChatWithMembers,
  rest: { method: "PUT", path: "/groups/:groupId/admin" },
  errors: ["chat_frozen", "forbidden", "not_found", "conflict"],
});
