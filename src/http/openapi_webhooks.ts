import { WEBHOOK_EVENT_SCHEMAS, webhookPayloadSchema } from "../api/views/webhook_events.ts";
import { WEBHOOK_EVENTS, type WebhookEventType } from "../model/webhook.ts";
import { openApiName } from "./openapi_names.ts";
import type { OpenApiSchemas } from "./openapi_schemas.ts";

const TYPES: readonly WebhookEventType[] = [...WEBHOOK_EVENTS, "webhook.test"];

const HEADERS = {
  "webhook-id": "The same at every attempt",
  "webhook-timestamp": "Seconds since 1970 of the attempt; refuse one that is minutes old",
  "webhook-signature": "`v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`, once for " +
    "each secret, separated by spaces",
};

/** Describes the requests that webhook endpoints receive, for the section `x-webhooks`. */
export function describeWebhooks(schemas: OpenApiSchemas): Record<string, unknown> {
  return Object.fromEntries(TYPES.map((type) => [type, { post: describe(type, schemas) }]));
}

function describe(type: WebhookEventType, schemas: OpenApiSchemas): unknown {
  const operationId = openApiName(`webhook.${type}`);
  const payload = schemas.convert(webhookPayloadSchema(type), "output");
  const name = `${operationId[0].toUpperCase()}${operationId.slice(1)}`;
  return {
    operationId,
    summary: WEBHOOK_EVENT_SCHEMAS[type].summary,
    tags: ["Webhooks"],
    security: [],
    parameters: Object.entries(HEADERS).map(([header, description]) => ({
      name: header,
      in: "header",
      required: true,
      description,
      schema: { type: "string" },
    })),
    requestBody: {
      required: true,
      content: { "application/json": { schema: schemas.named(payload, `${name}Payload`) } },
    },
    responses: {
      "2XX": { description: "Accepted; every other status is retried for three days" },
      "410": { description: "The endpoint wants no more events: it is paused" },
    },
  };
}
