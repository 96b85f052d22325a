import { z } from "zod";
import { LIMIT_SPECS } from "../limits.ts";
import { chatId, cursor, id, ids, limit, page, userId } from "../fields.ts";
import { operation } from "../operation.ts";
import {
  ContactSettingsView,
  NotAddedView,
  ReceivedRequestView,
  SentRequestView,
} from "../views/contact.ts";
import { ChatWithMembers } from "./chats.ts";

const tag = "Contact requests";

export const getContactSettings = operation({
  name: "contact.settings",
  summary: "Who may add the caller to groups and write to them without asking",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({}),
  output: ContactSettingsView,
  rest: { method: "GET", path: "/users/contact-settings" },
});

export const changeContactSettings = operation({
  name: "contact.change",
  summary: "Change who may add the caller to groups and write to them; what is left out stays",
  tag,
  access: "session",
  limit: "write",
  input: () => z.strictObject(ContactSettingsView().shape).partial(),
  output: ContactSettingsView,
  rest: { method: "PUT", path: "/users/contact-settings" },
});

export const listRequests = operation({
  name: "request.list",
  summary: "Requests that wait for the caller's consent, newest first",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({ limit, cursor: cursor.optional() }),
  output: () => page(ReceivedRequestView()),
  rest: { method: "GET", path: "/requests" },
});

export const listSentRequests = operation({
  name: "request.sent",
  summary: "Requests of the caller that others have not answered, newest first",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({ limit, cursor: cursor.optional() }),
  output: () => page(SentRequestView()),
  rest: { method: "GET", path: "/requests/sent" },
});

export const acceptRequest = operation({
  name: "request.accept",
  summary: "Accept a request: the caller becomes a member of the chat",
  tag,
  access: "session",
  limit: "join",
  input: () => z.strictObject({ requestId: id }),
  output: ChatWithMembers,
  rest: { method: "POST", path: "/requests/:requestId/accept" },
  errors: ["chat_frozen", "not_found", "conflict"],
});

export const declineRequest = operation({
  name: "request.decline",
  summary: "Decline a request; asking again has no effect until it would have expired",
  tag,
  access: "session",
  limit: "write",
  input: () => z.strictObject({ requestId: id }),
  output: null,
  rest: { method: "POST", path: "/requests/:requestId/decline", status: 204 },
  errors: ["not_found"],
});

export const withdrawRequest = operation({
  name: "request.withdraw",
  summary: "Take back a request that the caller has sent",
  tag,
  access: "session",
  limit: "write",
  input: () => z.strictObject({ requestId: id }),
  output: null,
  rest: { method: "DELETE", path: "/requests/:requestId", status: 204 },
  errors: ["not_found"],
});

export const inviteToGroup = operation({
  name: "group.invite",
  summary: "Invite people to a group: they become members once they accept",
  tag,
  access: "session",
  limit: "join",
  input: () =>
    z.strictObject({
      groupId: chatId,
      userIds: ids(userId, { max: LIMIT_SPECS.groupMembers.max }),
    }),
  output: () => z.object({ notAdded: z.array(NotAddedView()) }),
  rest: { method: "POST", path: "/groups/:groupId/invitations" },
  errors: ["chat_frozen", "forbidden", "not_found", "conflict"],
});
