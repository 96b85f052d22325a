import assert from "node:assert/strict";
import type { ServerCaller } from "../../src/model/caller.ts";
import type { WebhookPatch } from "../../src/store/webhook_store.ts";
import { WebhookEndpoints, type WebhookEndpointsOptions } from "../../src/webhooks/endpoints.ts";
import { T0 } from "../contract/store/rows.ts";
import { anEndpoint } from "../contract/store/webhooks.ts";

const SERVER = { key: { id: "key" }, userId: null } as ServerCaller;
const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("WebhookEndpoints makes waiting deliveries due, and tells the instances, before a resumed endpoint is sent to", async () => {
  const endpoint = anEndpoint({ status: "paused", pauseReason: "unreachable", failingSince: T0 });
  const done: string[] = [];
  const step = async (name: string) => {
    await turn();
    done.push(name);
  };
  const endpoints = new WebhookEndpoints({
    store: {
      webhooks: {
        byId: () => Promise.resolve(endpoint),
        update: async (_id: string, patch: WebhookPatch) => {
          await step("written");
          return { ...endpoint, ...patch };
        },
      },
      webhookDeliveries: { wake: () => step("due") },
    },
    audit: { by: () => step("recorded") },
    clock: { now: () => T0 },
    onChanged: () => step("announced"),
    onDue: () => done.push("sent"),
  } as unknown as WebhookEndpointsOptions);
  const resumed = await endpoints.update(SERVER, endpoint.id, { paused: false });
  assert.deepEqual([resumed.status, resumed.pauseReason], ["active", null]);
  assert.deepEqual(done.toSorted(), ["announced", "due", "recorded", "sent", "written"]);
  assert.deepEqual([done[0], done.slice(-2)], ["written", ["due", "sent"]]);
  done.length = 0;
  await endpoints.update(SERVER, endpoint.id, { description: "kites" });
  assert.deepEqual(done.toSorted(), ["announced", "recorded", "written"]);
});
