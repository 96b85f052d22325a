import { z } from "zod";
import { cursor, flag, ids, limit, line, mediaId, page, text, userId } from "../fields.ts";
import { customFilter, customInput } from "../custom_data.ts";
import { operation } from "../operation.ts";
import { ProfileView, UserView } from "../views/user.ts";

const tag = "Users";

export const getProfile = operation({
  name: "user.profile",
  summary: "The caller's own account",
  tag,
  access: "session",
  scope: "users:read",
  limit: "read",
  input: () => z.strictObject({}),
  output: ProfileView,
  rest: { method: "GET", path: "/users/profile" },
});

export const updateProfile = operation({
  name: "user.update",
  summary: "Change what the caller's profile says",
  tag,
  access: "session",
  scope: "users:write",
  limit: "write",
  input: () =>
    z.strictObject({
      displayName: line({ max: 100 }).optional(),
      bio: text({ min: 0, max: 500 }).optional(),
      avatarMediaId: mediaId.nullable().optional(),
      lastSeenHidden: flag.optional(),
      custom: customInput().optional().describe("Everyone who may see the profile sees it"),
    }),
  output: ProfileView,
  rest: { method: "PUT", path: "/users/profile" },
  errors: ["not_found"],
});

export const deleteProfile = operation({
  name: "user.delete",
  summary: "Delete the account for good: personal data goes, chats keep tombstones",
  tag,
  access: "session",
  limit: "reset",
  input: () =>
    z.strictObject({
      password: z.string().min(1).max(1024).optional().describe(
        "Required unless identity was proved recently",
      ),
    }),
  output: null,
  rest: {
    method: "DELETE",
    path: "/users/profile",
    status: 204,
    also: { 202: "The account is deleted, and its remaining data is being deleted" },
  },
  errors: ["unauthenticated", "reauthentication_required"],
});

export const getUser = operation({
  name: "user.get",
  summary: "A person",
  tag,
  access: "session",
  scope: "users:read",
  limit: "read",
  input: () => z.strictObject({ userId }),
  output: UserView,
  rest: { method: "GET", path: "/users/:userId" },
  errors: ["not_found"],
});

/** Maximum number of people in one request. */
const MAX_USERS = 100;

export const listUsers = operation({
  name: "user.list",
  summary: "Several people at once, named or by custom data; those who are not found are left out",
  tag,
  access: "session",
  scope: "users:read",
  limit: "read",
  input: () =>
    z.strictObject({
      userIds: ids(userId, { max: MAX_USERS }).optional().describe("Separated by commas"),
      custom: customFilter().optional(),
      limit,
      cursor: cursor.optional(),
    }).refine(({ userIds, custom }) => (userIds === undefined) !== (custom === undefined), {
      message: "must have either userIds or custom",
    }),
  output: () => page(UserView()),
  rest: { method: "GET", path: "/users" },
});

export const searchUsers = operation({
  name: "user.search",
  summary:
    "Find people by how words of their name or their username begin; as long as next is given, " +
    "there may be more",
  tag,
  access: "session",
  limit: "search",
  input: () =>
    z.strictObject({
      q: line({ max: 100 }).describe("The beginning of each word"),
      limit,
      cursor: cursor.optional(),
    }),
  output: () => page(UserView()),
  rest: { method: "GET", path: "/users/search" },
});
