import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { toTimestamp, toTimestampOrNull } from "../../core/clock.ts";
import {
  WEBHOOK_EVENTS,
  type WebhookDelivery,
  type WebhookEndpoint,
  type WebhookEventType,
} from "../../model/webhook.ts";
import { chatId, id, timestamp } from "../fields.ts";

export const eventName = lazy(() => z.enum(WEBHOOK_EVENTS));

export const WebhookView = lazy(() =>
  z.object({
    id,
    url: z.string(),
    description: z.string(),
    events: z.array(eventName()),
    batchSize: z.int().describe("Events in one request at most"),
    status: z.enum(["active", "down", "paused"]).describe(
      "`down`: it has failed for a minute, and is tried less and less often. `paused`: nothing is " +
        "kept for it or sent to it until an administrator resumes it",
    ),
    pauseReason: z.enum(["administrator", "gone", "unreachable", "backlog"]).nullable(),
    failingSince: timestamp.nullable().describe("The first failure since the last success"),
    secrets: z.array(z.object({ expiresAt: timestamp.nullable() })).describe(
      "The secrets that sign, the current one first; without the secrets themselves",
    ),
    createdBy: id.describe("The administrator or the API key"),
    createdAt: timestamp,
    updatedAt: timestamp,
  }).meta({ id: "Webhook" })
);

export const WebhookSecretView = lazy(() =>
  WebhookView().extend({
    secret: z.string().describe("`whsec_…`, shown only now"),
  }).meta({ id: "WebhookWithSecret" })
);

export const AnswerView = lazy(() =>
  z.object({
    at: timestamp,
    status: z.int().nullable().describe("HTTP status; null if there was no response"),
    body: z.string().describe("The first 512 characters of the response"),
    durationMs: z.int(),
    error: z.string().nullable().describe("Why there was no response"),
  }).meta({ id: "WebhookAnswer" })
);

export const DeliveryView = lazy(() =>
  z.object({
    id,
    webhookId: id,
    chatId: chatId.nullable(),
    events: z.array(z.object({
      id,
      type: z.string(),
      subjectId: id.describe("The message, member, chat, person, upload or report"),
      rev: z.int().nullable(),
      timestamp,
    })),
    status: z.enum(["pending", "delivered", "failed"]),
    attempts: z.int(),
    createdAt: timestamp,
    nextAttemptAt: timestamp.nullable(),
    answer: AnswerView().nullable().describe("Of the last attempt"),
  }).meta({ id: "WebhookDelivery" })
);

/** `secrets` are those that still sign. */
export function webhookView(endpoint: WebhookEndpoint, now: number) {
  const { id, url, description, events, batchSize, status, pauseReason, createdBy } = endpoint;
  const secrets = endpoint.secrets
    .filter(({ expiresAt }) => expiresAt === null || expiresAt > now)
    .map(({ expiresAt }) => ({ expiresAt: toTimestampOrNull(expiresAt) }));
  return {
    id,
    url,
    description,
    events,
    batchSize,
    status,
    pauseReason,
    failingSince: toTimestampOrNull(endpoint.failingSince),
    secrets,
    createdBy,
    createdAt: toTimestamp(endpoint.createdAt),
    updatedAt: toTimestamp(endpoint.updatedAt),
  };
}

export function answerView(answer: NonNullable<WebhookDelivery["answer"]>) {
  return { ...answer, at: toTimestamp(answer.at) };
}

export function deliveryView(delivery: WebhookDelivery) {
  const { deliveryId, webhookId, events, status, attempts, createdAt, dueAt, answer } = delivery;
  return {
    id: deliveryId,
    webhookId,
    chatId: events[0].chatId,
    events: events.map(({ eventId, type, id: subjectId, rev, at }) => ({
      id: eventId,
      type: type as WebhookEventType,
      subjectId,
      rev,
      timestamp: toTimestamp(at),
    })),
    status,
    attempts,
    createdAt: toTimestamp(createdAt),
    nextAttemptAt: toTimestampOrNull(dueAt),
    answer: answer && answerView(answer),
  };
}
