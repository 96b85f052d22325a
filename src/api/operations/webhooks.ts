import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { cursor, id, instant, limit, line, page } from "../fields.ts";
import { operation } from "../operation.ts";
import {
  AnswerView,
  DeliveryView,
  eventName,
  WebhookSecretView,
  WebhookView,
} from "../views/webhook.ts";

const tag = "Webhooks";
const path = "/admin/webhooks/:webhookId";
const MAX_BATCH = 100;
const HOUR_SECONDS = 3600;

const fields = lazy(() => ({
  url: z.string().min(1).max(2048).describe(
    "An https URL on the public internet, unless WEBHOOK_ALLOW_PRIVATE names its origin",
  ),
  description: line({ min: 0, max: 200 }),
  events: z.array(eventName()).min(1)
    .refine((list) => new Set(list).size === list.length, "must not name one event twice"),
  batchSize: z.int().min(1).max(MAX_BATCH).describe(
    "With more than 1, a request of the type `batch` has an array of events in `data`: one while " +
      "little happens, and what came meanwhile where there is much. With 1, each request is one " +
      "event, which costs the server much more",
  ),
}));

export const listWebhooks = operation({
  name: "admin.webhooks",
  summary: "All webhook endpoints, oldest first",
  tag,
  access: "admin",
  scope: "webhooks",
  limit: "read",
  input: () => z.strictObject({}),
  output: () => page(WebhookView()),
  rest: { method: "GET", path: "/admin/webhooks" },
});

export const getWebhook = operation({
  name: "admin.webhook",
  summary: "A webhook endpoint and how it fares",
  tag,
  access: "admin",
  scope: "webhooks",
  limit: "read",
  input: () => z.strictObject({ webhookId: id }),
  output: WebhookView,
  rest: { method: "GET", path },
  errors: ["not_found"],
});

export const createWebhook = operation({
  name: "admin.createWebhook",
  summary: "Send events to an address, signed after the Standard Webhooks specification",
  tag,
  access: "admin",
  scope: "webhooks",
  limit: "write",
  input: () => {
    const { url, description, events, batchSize } = fields();
    return z.strictObject({
      url,
      events,
      description: description.default(""),
      batchSize: batchSize.default(MAX_BATCH),
    });
  },
  output: WebhookSecretView,
  rest: { method: "POST", path: "/admin/webhooks", status: 201 },
  errors: ["conflict"],
});

export const updateWebhook = operation({
  name: "admin.updateWebhook",
  summary: "Change, pause or resume a webhook endpoint",
  description:
    "What was waiting when it was paused is sent when it is resumed, unless it is older " +
    "than three days; events in between are not.",
  tag,
  access: "admin",
  scope: "webhooks",
  limit: "write",
  input: () => {
    const { url, description, events, batchSize } = fields();
    return z.strictObject({
      webhookId: id,
      url: url.optional(),
      events: events.optional(),
      description: description.optional(),
      batchSize: batchSize.optional(),
      paused: z.boolean().optional(),
    });
  },
  output: WebhookView,
  rest: { method: "PUT", path },
  errors: ["not_found"],
});

export const deleteWebhook = operation({
  name: "admin.deleteWebhook",
  summary: "Delete a webhook endpoint, with everything that waits for it",
  tag,
  access: "admin",
  scope: "webhooks",
  limit: "write",
  input: () => z.strictObject({ webhookId: id }),
  output: null,
  rest: { method: "DELETE", path, status: 204 },
  errors: ["not_found"],
});

export const rotateWebhookSecret = operation({
  name: "admin.rotateWebhookSecret",
  summary: "Replace the secret; the former one signs too until the time of grace is over",
  tag,
  access: "admin",
  scope: "webhooks",
  limit: "write",
  input: () =>
    z.strictObject({
      webhookId: id,
      graceSeconds: z.int().min(0).max(30 * 24 * HOUR_SECONDS).default(24 * HOUR_SECONDS),
    }),
  output: WebhookSecretView,
  rest: { method: "POST", path: `${path}/rotate-secret` },
  errors: ["not_found"],
});

export const testWebhook = operation({
  name: "admin.testWebhook",
  summary: "Send a `webhook.test` event at once, and return the answer",
  tag,
  access: "admin",
  scope: "webhooks",
  limit: "write",
  input: () => z.strictObject({ webhookId: id }),
  output: AnswerView,
  rest: { method: "POST", path: `${path}/test` },
  errors: ["not_found"],
});

export const listDeliveries = operation({
  name: "admin.webhookDeliveries",
  summary: "Deliveries to an endpoint with their last answers, newest first",
  description: "Finished deliveries are kept for a week, up to LIMIT_WEBHOOK_LOG of them.",
  tag,
  access: "admin",
  scope: "webhooks",
  limit: "read",
  input: () =>
    z.strictObject({
      webhookId: id,
      status: z.enum(["pending", "delivered", "failed"]).optional().describe(
        "Only deliveries with this status",
      ),
      limit,
      cursor: cursor.optional(),
    }),
  output: () => page(DeliveryView()),
  rest: { method: "GET", path: `${path}/deliveries` },
  errors: ["not_found"],
});

export const redeliver = operation({
  name: "admin.redeliverWebhook",
  summary: "Send a delivery once more, whatever became of it",
  tag,
  access: "admin",
  scope: "webhooks",
  limit: "write",
  input: () => z.strictObject({ webhookId: id, deliveryId: id }),
  output: DeliveryView,
  rest: { method: "POST", path: `${path}/deliveries/:deliveryId/redeliver` },
  errors: ["not_found"],
});

export const redeliverFailed = operation({
  name: "admin.redeliverFailedWebhooks",
  summary: "Send the failed deliveries since a time once more, at most a thousand",
  tag,
  access: "admin",
  scope: "webhooks",
  limit: "write",
  input: () => z.strictObject({ webhookId: id, since: instant }),
  output: () => z.strictObject({ redelivered: z.int() }),
  rest: { method: "POST", path: `${path}/redeliver` },
  errors: ["not_found"],
});
