import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { ERROR_CODES } from "../../core/errors.ts";
import { cursor, limit, line, page, text, timestamp } from "../fields.ts";
import { customInput } from "../custom_data.ts";
import { operation } from "../operation.ts";
import type { RawRoute } from "../raw_route.ts";
import { EXTERNAL_ID } from "../../model/user.ts";
import { ProfileView, UserView } from "../views/user.ts";
import { username } from "./auth.ts";

/** Common to all operations of this file. */
const byServer = { tag: "Own users", access: "server", limit: "key" } as const;
/** Input of the operations that name a person and nothing else. */
const onePerson = () => z.strictObject({ externalId: externalId() });
const PERSON_PATH = "/server/users/:externalId";

export const externalId = lazy(() =>
  z.string()
    .regex(EXTERNAL_ID, "must be 1 to 128 letters, digits or the characters . _ : @ | + = ~ -")
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
  ...byServer,
  scope: "users:write",
  input: () => z.strictObject({ externalId: externalId(), ...personFields() }),
  output: OwnUserView,
  rest: {
    method: "PUT",
    path: PERSON_PATH,
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
  ...byServer,
  scope: "users:write",
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
  ...byServer,
  scope: "users:read",
  input: onePerson,
  output: OwnUserView,
  rest: { method: "GET", path: PERSON_PATH },
  errors: ["not_found"],
});

export const listOwnUsers = operation({
  name: "ownUser.list",
  summary: "The people of the customer, in order of their external ids",
  ...byServer,
  scope: "users:read",
  input: () => z.strictObject({ limit, cursor: cursor.optional() }),
  output: () => page(OwnUserView()),
  rest: { method: "GET", path: "/server/users" },
});

export const signInOwnUser = operation({
  name: "ownUser.signIn",
  summary: "Open a session for a person; its tokens are for the person's device",
  ...byServer,
  scope: "tokens:write",
  input: () =>
    z.strictObject({ externalId: externalId(), deviceName: line({ max: 100 }).optional() }),
  output: () =>
    z.object({
      user: ProfileView(),
      accessToken: z.string(),
      refreshToken: z.string(),
      expiresIn: z.int().describe("Seconds until the access token expires"),
    }).meta({ id: "OwnUserSession", description: "As the client library's useSession takes it" }),
  rest: { method: "POST", path: `${PERSON_PATH}/tokens`, status: 201 },
  errors: ["not_found", "account_suspended"],
});

export const endOwnUserSessions = operation({
  name: "ownUser.endSessions",
  summary: "End all sessions and sockets of a person, and the tokens made until now",
  ...byServer,
  scope: "tokens:write",
  input: onePerson,
  output: () => z.strictObject({ ended: z.int() }),
  rest: { method: "POST", path: `${PERSON_PATH}/end-sessions` },
  errors: ["not_found"],
});

export const deactivateOwnUser = operation({
  name: "ownUser.deactivate",
  summary: "Keep a person out, at once and until they are reactivated; their messages stay",
  ...byServer,
  scope: "users:write",
  input: onePerson,
  output: OwnUserView,
  rest: { method: "POST", path: `${PERSON_PATH}/deactivate` },
  errors: ["not_found"],
});

export const reactivateOwnUser = operation({
  name: "ownUser.reactivate",
  summary: "Let a deactivated person in again",
  ...byServer,
  scope: "users:write",
  input: onePerson,
  output: OwnUserView,
  rest: { method: "POST", path: `${PERSON_PATH}/reactivate` },
  errors: ["not_found"],
});

export const eraseOwnUser = operation({
  name: "ownUser.erase",
  summary: "Erase a person for good: personal data goes, chats keep tombstones",
  description: "A token of the customer that is still good would make the person anew.",
  ...byServer,
  scope: "users:write",
  input: onePerson,
  output: null,
  rest: {
    method: "DELETE",
    path: PERSON_PATH,
    status: 204,
    also: { 202: "The account is erased, and its remaining data is being erased" },
  },
  errors: ["not_found"],
});

export const EXPORT_OWN_USER_ROUTE: RawRoute = {
  method: "GET",
  path: `/api${PERSON_PATH}/export`,
  name: "ownUser.export",
  summary: "All that is stored about a person of the customer, as one JSON document",
  description:
    "Streamed, as `userExport` is. Needs an API key with the scope `users:read`. Counts " +
    "against the rate limit `key`.",
  tag: byServer.tag,
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
