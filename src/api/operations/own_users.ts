import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { ERROR_CODES } from "../../core/errors.ts";
import { cursor, limit, line, page, text, timestamp } from "../fields.ts";
import { customInput } from "../custom_data.ts";
import { operation } from "../operation.ts";
import type { RawRoute } from "../raw_route.ts";
import { ProfileView, UserView } from "../views/user.ts";
import { username } from "./auth.ts";

const tag = "Own users";

/** Fits into a path and a header as it is, without the names `.` and `..` of folders. */
export const externalId = lazy(() =>
  z.string()
    .regex(
      /^(?!\.{1,2}$)[A-Za-z0-9._:@|+=~-]{1,128}$/,
      "must be 1 to 128 letters, digits or the characters . _ : @ | + = ~ -",
    )
    .meta({ id: "ExternalId", description: "The customer's own id of a person" })
);

const personFields = lazy(() => ({
  name: line({ max: 100 }).optional().describe("Shown to others; the username if left out"),
  username: username().optional().describe("Unique; made of the name if left out"),
  bio: text({ min: 0, max: 500 }).optional(),
  picture: z.string().max(2048).pipe(z.url({ protocol: /^https?$/, error: "must be a URL" }))
    .nullable().optional()
    .describe("Where the picture is fetched from, at a public address; null removes it"),
  custom: customInput().optional().describe("Everyone who may see the person sees it"),
  role: z.enum(["user", "admin"]).optional().describe("Needs the scope admins:write to change"),
}));

const OwnUserView = lazy(() =>
  z.object({
    externalId: externalId(),
    user: UserView(),
    role: z.enum(["user", "admin"]),
    picture: z.string().nullable().describe("Where the picture was last fetched from"),
    deactivatedAt: timestamp.nullable(),
    createdAt: timestamp,
    updatedAt: timestamp,
  }).meta({ id: "OwnUser" })
);

const OwnUserOutcome = lazy(() =>
  z.object({
    externalId: externalId(),
    user: OwnUserView().nullable().describe("Null if it failed"),
    error: z.object({ code: z.enum(ERROR_CODES), detail: z.string() }).nullable(),
  }).meta({ id: "OwnUserOutcome" })
);

export const putOwnUser = operation({
  name: "ownUser.put",
  summary: "Make a person of the customer, or change what is given; safe to repeat",
  tag,
  access: "server",
  scope: "users:write",
  limit: "key",
  input: () => z.strictObject({ externalId: externalId(), ...personFields() }),
  output: OwnUserView,
  rest: {
    method: "PUT",
    path: "/server/users/:externalId",
    also: { 201: "The person was made" },
  },
  errors: ["conflict", "quota_exceeded", "payload_too_large", "unsupported_media_type"],
});

/** Bytes of 100 people with all fields. */
const BATCH_BYTES = 1_048_576;

export const putOwnUsers = operation({
  name: "ownUser.putMany",
  summary: "Make or change up to 100 people; each succeeds or fails by itself",
  description: "Pictures are fetched after the response.",
  tag,
  access: "server",
  scope: "users:write",
  limit: "key",
  input: () =>
    z.strictObject({
      users: z.array(z.strictObject({ externalId: externalId(), ...personFields() })).min(1).max(
        100,
      )
        .refine(
          (list) => new Set(list.map((one) => one.externalId)).size === list.length,
          "must not name one person twice",
        ),
    }),
  output: () => z.strictObject({ items: z.array(OwnUserOutcome()) }),
  rest: { method: "POST", path: "/server/users", bodyLimit: () => BATCH_BYTES },
});

export const getOwnUser = operation({
  name: "ownUser.get",
  summary: "A person of the customer",
  tag,
  access: "server",
  scope: "users:read",
  limit: "key",
  input: () => z.strictObject({ externalId: externalId() }),
  output: OwnUserView,
  rest: { method: "GET", path: "/server/users/:externalId" },
  errors: ["not_found"],
});

export const listOwnUsers = operation({
  name: "ownUser.list",
  summary: "The people of the customer, in order of their external ids",
  tag,
  access: "server",
  scope: "users:read",
  limit: "key",
  input: () => z.strictObject({ limit, cursor: cursor.optional() }),
  output: () => page(OwnUserView()),
  rest: { method: "GET", path: "/server/users" },
});

export const signInOwnUser = operation({
  name: "ownUser.signIn",
  summary: "Open a session for a person; its tokens are for the person's device",
  tag,
  access: "server",
  scope: "tokens:write",
  limit: "key",
  input: () =>
    z.strictObject({ externalId: externalId(), deviceName: line({ max: 100 }).optional() }),
  output: () =>
    z.object({
      user: ProfileView(),
      accessToken: z.string(),
      refreshToken: z.string(),
      expiresIn: z.int().describe("Seconds until the access token expires"),
    }).meta({ id: "OwnUserSession", description: "As the client library's useSession takes it" }),
  rest: { method: "POST", path: "/server/users/:externalId/tokens", status: 201 },
  errors: ["not_found", "account_suspended"],
});

export const endOwnUserSessions = operation({
  name: "ownUser.endSessions",
  summary: "End all sessions and sockets of a person, and the tokens made until now",
  tag,
  access: "server",
  scope: "tokens:write",
  limit: "key",
  input: () => z.strictObject({ externalId: externalId() }),
  output: () => z.strictObject({ ended: z.int() }),
  rest: { method: "POST", path: "/server/users/:externalId/end-sessions" },
  errors: ["not_found"],
});

export const deactivateOwnUser = operation({
  name: "ownUser.deactivate",
  summary: "Keep a person out, at once and until they are reactivated; their messages stay",
  tag,
  access: "server",
  scope: "users:write",
  limit: "key",
  input: () => z.strictObject({ externalId: externalId() }),
  output: OwnUserView,
  rest: { method: "POST", path: "/server/users/:externalId/deactivate" },
  errors: ["not_found"],
});

export const reactivateOwnUser = operation({
  name: "ownUser.reactivate",
  summary: "Let a deactivated person in again",
  tag,
  access: "server",
  scope: "users:write",
  limit: "key",
  input: () => z.strictObject({ externalId: externalId() }),
  output: OwnUserView,
  rest: { method: "POST", path: "/server/users/:externalId/reactivate" },
  errors: ["not_found"],
});

export const eraseOwnUser = operation({
  name: "ownUser.erase",
  summary: "Erase a person for good: personal data goes, chats keep tombstones",
  description: "A token of the customer that is still good would make the person anew.",
  tag,
  access: "server",
  scope: "users:write",
  limit: "key",
  input: () => z.strictObject({ externalId: externalId() }),
  output: null,
  rest: {
    method: "DELETE",
    path: "/server/users/:externalId",
    status: 204,
    also: { 202: "The account is erased, and its remaining data is being erased" },
  },
  errors: ["not_found"],
});

export const EXPORT_OWN_USER_ROUTE: RawRoute = {
  method: "GET",
  path: "/api/server/users/:externalId/export",
  name: "ownUser.export",
  summary: "All that is stored about a person of the customer, as one JSON document",
  description:
    "Streamed, as `userExport` is. Needs an API key with the scope `users:read`. Counts " +
    "against the rate limit `key`.",
  tag,
  access: "server",
  scope: "users:read",
  parameters: [{
    name: "externalId",
    in: "path",
    required: true,
    description: "The customer's own id of the person",
    schema: { type: "string" },
  }],
  responses: {
    200: {
      description: "An object with an array for each kind of data",
      content: { "application/json": { schema: { type: "object" } } },
    },
  },
  errors: ["forbidden", "not_found"],
};
