import assert from "node:assert/strict";
import { verifyWebhook, type WebhookEvents } from "../../../src/client/server/mod.ts";
import type { WebhookEventType } from "../../../src/model/webhook.ts";
import { openWorld, send } from "../../webhooks/webhook_world.ts";
import { OTHER_SECRET, SECRET, signed } from "./world.ts";

const BODY = JSON.stringify({ id: "e1", type: "user.deleted", timestamp: "", data: { id: "ü" } });
const REFUSED = { name: "ChatError", code: "unauthenticated" };

/** Fails to compile if an event is missing. */
const _complete: [Exclude<WebhookEventType | "before.message", keyof WebhookEvents>] extends [never]
  ? true
  : never = true;

Deno.test("a signed request gives its events, from headers of the platform and of Node, and from bytes", async () => {
  const headers = signed(BODY);
  const all = [
    await verifyWebhook(SECRET, new Headers(headers), BODY),
    await verifyWebhook(SECRET, headers, new TextEncoder().encode(BODY)),
    await verifyWebhook([SECRET], headers, BODY),
  ];
  for (const events of all) assert.deepEqual(events, [JSON.parse(BODY)]);
  const batch = `{"type":"batch","data":[${BODY},${BODY}]}`;
  assert.equal((await verifyWebhook(SECRET, signed(batch), batch)).length, 2);
});

Deno.test("while a secret rotates, either side may have both", async () => {
  const both = signed(BODY, [SECRET, OTHER_SECRET]);
  await verifyWebhook(SECRET, both, BODY);
  await verifyWebhook(OTHER_SECRET, both, BODY);
  await verifyWebhook([OTHER_SECRET, SECRET], signed(BODY), BODY);
});

Deno.test("a request that is forged, changed, old or of another secret is refused", async () => {
  const now = Math.floor(Date.now() / 1000);
  const good = signed(BODY);
  const signature = good["webhook-signature"];
  const wrong: [string, Record<string, string>, string?][] = [
    ["another secret", signed(BODY, [OTHER_SECRET])],
    ["another body", good, `${BODY} `],
    ["another id", { ...good, "webhook-id": "msg_2" }],
    ["another time", { ...good, "webhook-timestamp": String(now - 1) }],
    ["too old", signed(BODY, [SECRET], now - 301)],
    ["of the future", signed(BODY, [SECRET], now + 310)],
    ["no time", { ...good, "webhook-timestamp": "" }],
    ["a time that is no number", { ...good, "webhook-timestamp": "NaN" }],
    ["no signature", { ...good, "webhook-signature": "" }],
    ["a later version", { ...good, "webhook-signature": signature.replace("v1,", "v2,") }],
    ["another version", { ...good, "webhook-signature": signature.replace("v1,", "v1a,") }],
    ["no base64", { ...good, "webhook-signature": "v1,!!!" }],
    ["a part of it", { ...good, "webhook-signature": signature.slice(0, -4) }],
    ["behind too many", { ...good, "webhook-signature": `${"v1,AAAA ".repeat(8)}${signature}` }],
    ["no headers", {}],
  ];
  for (const [what, headers, body = BODY] of wrong) {
    await assert.rejects(verifyWebhook(SECRET, headers, body), REFUSED, what);
  }
  const old = signed(BODY, [SECRET], now - 500);
  await verifyWebhook(SECRET, old, BODY, { toleranceSeconds: 600 });
  await verifyWebhook(SECRET, old, BODY, { now: Date.now() - 500_000 });
});

Deno.test("a secret that is none is misuse, and is not repeated", async () => {
  for (const secret of ["", "whsec_", "whsec_short", SECRET.slice(6), undefined as never]) {
    await assert.rejects(verifyWebhook(secret, signed(BODY), BODY), (error: Error) => {
      return "code" in error && error.code === "misuse" && !error.message.includes("short");
    });
  }
});

Deno.test("what the server sends is accepted, in batches and with a rotated secret", async () => {
  await using w = await openWorld();
  const id = await w.subscribe(["message.created"], 10);
  const first = w.backend.secret;
  const sent = await send(w.ann, w.chatId, "Hello");
  await w.backend.received(1);
  const rotated = await w.admin.post(`/api/admin/webhooks/${id}/rotate-secret`, {});
  await send(w.ann, w.chatId, "Again");
  await w.backend.received(2);
  const [one, two] = w.backend.requests;
  const now = w.app.clock.now();
  const [event] = await verifyWebhook(first, one.headers, one.body, { now });
  assert.ok(event.type === "message.created" && event.data?.id === sent);
  for (const secret of [first, rotated.body.secret]) {
    await verifyWebhook(secret, two.headers, two.body, { now });
  }
  await assert.rejects(verifyWebhook(rotated.body.secret, one.headers, one.body, { now }), REFUSED);
});
