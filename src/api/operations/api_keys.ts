import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { SCOPE_TEXTS, SCOPES } from "../../model/api_key.ts";
import { cursor, id, instant, limit, line, page, timestamp, userId } from "../fields.ts";
import { operation } from "../operation.ts";

const tag = "API keys";

const scopes = lazy(() =>
  z.array(z.enum(SCOPES)).min(1).max(SCOPES.length)
    .refine((list) => new Set(list).size === list.length, "must not name one scope twice")
    .meta({ description: SCOPES.map((scope) => `\`${scope}\`: ${SCOPE_TEXTS[scope]}`).join("; ") })
);

const ApiKeyView = lazy(() =>
  z.object({
    id,
    name: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    state: z.enum(["active", "expired", "ended"]),
    createdAt: timestamp,
    createdBy: userId.nullable().describe("Null if it was made on the machine itself"),
    expiresAt: timestamp.nullable(),
    endedAt: timestamp.nullable(),
    previousUntil: timestamp.nullable().describe("Until when the secret before works as well"),
    lastUsedAt: timestamp.nullable().describe("Up to a minute late"),
    lastAddress: z.string(),
  }).meta({ id: "ApiKey" })
);

const NewApiKeyView = lazy(() =>
  ApiKeyView().extend({
    token: z.string().describe("The key itself, for `Authorization: Bearer`; shown only now"),
  }).meta({ id: "NewApiKey" })
);

export const createApiKey = operation({
  name: "apiKey.create",
  summary: "Make an API key for a server",
  tag,
  access: "admin",
  limit: "write",
  input: () =>
    z.strictObject({
      name: line({ max: 100 }),
      scopes: scopes(),
      expiresAt: instant.optional().describe("Left out: it does not expire"),
    }),
  output: NewApiKeyView,
  rest: { method: "POST", path: "/admin/api-keys", status: 201 },
  errors: ["reauthentication_required", "conflict"],
});

export const listApiKeys = operation({
  name: "apiKey.list",
  summary: "API keys, newest first, also ended ones",
  tag,
  access: "admin",
  limit: "read",
  input: () => z.strictObject({ limit, cursor: cursor.optional() }),
  output: () => page(ApiKeyView()),
  rest: { method: "GET", path: "/admin/api-keys" },
});

export const rotateApiKey = operation({
  name: "apiKey.rotate",
  summary: "Give an API key a new secret; the old one works for some time",
  tag,
  access: "admin",
  limit: "write",
  input: () =>
    z.strictObject({
      keyId: id,
      graceSeconds: z.int().min(0).max(30 * 86_400).default(86_400)
        .describe("For how long the secret before works as well"),
    }),
  output: NewApiKeyView,
  rest: { method: "POST", path: "/admin/api-keys/:keyId/rotate" },
  errors: ["reauthentication_required", "not_found", "conflict"],
});

export const endApiKey = operation({
  name: "apiKey.end",
  summary: "End an API key at once",
  tag,
  access: "admin",
  limit: "write",
  input: () => z.strictObject({ keyId: id }),
  output: ApiKeyView,
  rest: { method: "DELETE", path: "/admin/api-keys/:keyId" },
  errors: ["not_found"],
});
