import type { Clock } from "../core/clock.ts";
import { bind, type Bound } from "../operations/handler.ts";
import { answerView, deliveryView, webhookView } from "../api/views/webhook.ts";
import * as operations from "../api/operations/webhooks.ts";
import type { WebhookEndpoints, WithSecret } from "./endpoints.ts";

export function webhookHandlers(endpoints: WebhookEndpoints, clock: Clock): Bound[] {
  const withSecret = ({ endpoint, secret }: WithSecret) => ({
    ...webhookView(endpoint, clock.now()),
    secret,
  });
  return [
    bind(operations.listWebhooks, async () => {
      const items = await endpoints.list();
      return { items: items.map((each) => webhookView(each, clock.now())), next: null };
    }),
    bind(operations.getWebhook, async (_caller, { webhookId }) => {
      return webhookView(await endpoints.get(webhookId), clock.now());
    }),
    bind(operations.createWebhook, async (caller, fields) => {
      return withSecret(await endpoints.create(caller, fields));
    }),
    bind(operations.updateWebhook, async (caller, { webhookId, ...change }) => {
      return webhookView(await endpoints.update(caller, webhookId, change), clock.now());
    }),
    bind(operations.deleteWebhook, async (caller, { webhookId }) => {
      await endpoints.delete(caller, webhookId);
    }),
    bind(operations.rotateWebhookSecret, async (caller, { webhookId, graceSeconds }) => {
      return withSecret(await endpoints.rotate(caller, webhookId, graceSeconds * 1000));
    }),
    bind(operations.testWebhook, async (_caller, { webhookId }) => {
      return answerView(await endpoints.test(webhookId));
    }),
    bind(operations.listDeliveries, async (_caller, { webhookId, ...query }) => {
      const { status = null, cursor: before = null, limit } = query;
      const found = await endpoints.deliveries(webhookId, { status, before, limit });
      const next = found.length < limit ? null : found.at(-1)!.deliveryId;
      return { items: found.map(deliveryView), next };
    }),
    bind(operations.redeliver, async (_caller, { webhookId, deliveryId }) => {
      return deliveryView(await endpoints.redeliver(webhookId, deliveryId));
    }),
    bind(operations.redeliverFailed, async (_caller, { webhookId, since }) => {
      return { redelivered: await endpoints.redeliverFailed(webhookId, since) };
    }),
  ];
}
