import assert from "node:assert/strict";
import { systemClock } from "../../../src/core/clock.ts";
import { GoogleAccessToken } from "../../../src/notifications/push/fcm/access_token.ts";
import type { PushResult } from "../../../src/notifications/push/sender.ts";
import { FcmPushSender } from "../../../src/notifications/push/fcm/sender.ts";
import { parseServiceAccount } from "../../../src/notifications/push/fcm/service_account.ts";
import {
  type ArrivedPush,
  pushSenderContract,
  pushServiceContract,
  samplePush,
} from "../../contract/push_sender.ts";
import { eventually } from "../../support/eventually.ts";
import type { FcmMessage } from "../../support/fcm_message_schema.ts";
import { fcmErrorBody, FcmServer, generateServiceKeys } from "../../support/fcm_server.ts";

const SCOPE = "https://www.googleapis.com/auth/firebase.messaging";
const target = { kind: "fcm" as const, token: "device-registration:token_1" };

function senderFor(server: FcmServer, timeoutMs = 10_000): FcmPushSender {
  const account = parseServiceAccount(server.serviceAccountJson);
  const clock = { now: () => server.now() };
  return new FcmPushSender({ account, endpoint: server.endpoint, timeoutMs, clock });
}

async function open(timeoutMs: number) {
  const server = await FcmServer.start();
  return {
    sender: senderFor(server, timeoutMs),
    target,
    arrived: () => server.received.map(arrivedPush),
    sends: server.sends,
    endRegistration: () => server.unregister(target.token),
    stop: () => server.close(),
    close: () => server.close(),
  };
}

function arrivedPush({ notification, android, data = {} }: FcmMessage): ArrivedPush {
  return {
    alert: notification ? { title: notification.title!, body: notification.body! } : null,
    badge: android?.notification?.notification_count ?? null,
    collapseKey: android?.collapse_key ?? null,
    data,
  };
}

pushSenderContract("FCM", open);
pushServiceContract("FCM", open);

function test(title: string, body: (server: FcmServer) => Promise<void>): void {
  Deno.test(`FCM: ${title}`, async () => {
    const server = await FcmServer.start();
    try {
      await body(server);
    } finally {
      await server.close();
    }
  });
}

test("each platform gets its collapse key, badge, priority and time to live", async (server) => {
  server.now = () => 1_800_000_000_000;
  await senderFor(server).send(target, samplePush);
  const { android, apns, webpush } = server.received[0];
  const chatId = samplePush.collapseKey!;
  assert.deepEqual(android, {
    priority: "HIGH",
    ttl: "86400s",
    collapse_key: chatId,
    notification: { tag: chatId, notification_count: 3 },
  });
  assert.deepEqual(apns, {
    headers: {
      "apns-push-type": "alert",
      "apns-priority": "10",
      "apns-expiration": "1800086400",
      "apns-collapse-id": chatId,
    },
    payload: { aps: { badge: 3, "thread-id": chatId, sound: "default", "mutable-content": 1 } },
  });
  assert.equal(webpush?.headers?.TTL, "86400");
  assert.equal(webpush?.headers?.Urgency, "high");
  assert.match(webpush?.headers?.Topic ?? "", /^[\w-]{32}$/);
});

test("a push without alert and badge is Apple's background push", async (server) => {
  const push = { ...samplePush, alert: null, badge: null };
  await senderFor(server).send(target, push);
  const { notification, apns } = server.received[0];
  assert.equal(notification, undefined);
  assert.equal(apns!.headers["apns-push-type"], "background");
  assert.equal(apns!.headers["apns-priority"], "5");
  assert.equal(apns!.payload.aps["content-available"], 1);
});

test("a badge alone is shown, at priority 5", async (server) => {
  await senderFor(server).send(target, { ...samplePush, alert: null });
  const { apns } = server.received[0];
  assert.equal(apns!.headers["apns-push-type"], "alert");
  assert.equal(apns!.headers["apns-priority"], "5");
  assert.equal(apns!.payload.aps.badge, 3);
});

test("one access token serves all pushes, concurrent ones included", async (server) => {
  const sender = senderFor(server);
  await Promise.all(Array.from({ length: 20 }, () => sender.send(target, samplePush)));
  await sender.send(target, samplePush);
  assert.equal(server.received.length, 21);
  assert.equal(server.tokensIssued, 1);
});

test("the access token is renewed before it expires", async (server) => {
  let now = Date.now();
  server.now = () => now;
  const sender = senderFor(server);
  await sender.send(target, samplePush);
  now += 54 * 60_000;
  await sender.send(target, samplePush);
  assert.equal(server.tokensIssued, 1);
  now += 60_000;
  assert.equal((await sender.send(target, samplePush)).outcome, "delivered");
  assert.equal(server.tokensIssued, 2);
});

test("a revoked access token is replaced and the push arrives", async (server) => {
  const sender = senderFor(server);
  await sender.send(target, samplePush);
  server.revokeAccessTokens();
  assert.equal((await sender.send(target, samplePush)).outcome, "delivered");
  assert.equal(server.tokensIssued, 2);
  assert.equal(server.received.length, 2);
});

test("an access token refused twice in a row rejects, without a third attempt", async (server) => {
  const body = fcmErrorBody(401, "UNAUTHENTICATED", null);
  server.sends.add({ status: 401, body }, { status: 401, body });
  const result = await senderFor(server).send(target, samplePush);
  assert.equal(result.outcome, "rejected");
  assert.deepEqual(server.received, []);
});

test("an account that Google refuses rejects; a failing token endpoint retries", async (server) => {
  const sender = senderFor(server);
  server.tokens.add({ status: 400, body: '{"error":"invalid_grant"}' });
  assert.deepEqual(await sender.send(target, samplePush), {
    outcome: "rejected",
    reason: "Google refused to issue an access token (400, invalid_grant)",
  });
  server.tokens.add({ status: 503, retryAfter: "7" });
  const busy = await sender.send(target, samplePush);
  assert.equal(busy.outcome === "retry" && busy.afterMs, 7_000);
  server.tokens.add({ status: 200, body: "<html>" });
  assert.equal((await sender.send(target, samplePush)).outcome, "retry");
  assert.equal((await sender.send(target, samplePush)).outcome, "delivered");
});

test("an assertion signed with another key is refused by the token endpoint", async (server) => {
  const { privateKeyPem } = await generateServiceKeys();
  const account = JSON.parse(server.serviceAccountJson);
  const json = JSON.stringify({ ...account, private_key: privateKeyPem });
  const sender = new FcmPushSender({
    account: parseServiceAccount(json),
    endpoint: server.endpoint,
  });
  assert.equal((await sender.send(target, samplePush)).outcome, "rejected");
  assert.equal(server.tokensIssued, 0);
});

test("an abort ends a send that hangs, long before its timeout", async (server) => {
  const sender = senderFor(server, 60_000);
  await sender.send(target, samplePush);
  server.sends.add("hang");
  const ending = new AbortController();
  const result = sender.send(target, samplePush, ending.signal);
  await eventually("the send hangs", () => server.sends.areTaken);
  ending.abort();
  assert.deepEqual(await result, {
    outcome: "retry",
    reason: "FCM could not be reached: AbortError",
    unreachable: true,
  });
  assert.equal((await sender.send(target, samplePush)).outcome, "delivered");
  assert.equal(server.received.length, 2);
});

test("the error for a host that is down does not contain the access token", async (server) => {
  const sender = senderFor(server);
  await sender.send(target, samplePush);
  await server.close();
  const error = await sender.dryRun().then(() => null, (error) => error);
  assert.match(String(error), /FCM could not be reached/);
  assert.doesNotMatch(Deno.inspect(error, { depth: 20 }), /ya29|Bearer/);
});

test("a malformed registration token is gone", async (server) => {
  const result = await senderFor(server).send({ kind: "fcm", token: "short" }, samplePush);
  assert.equal(result.outcome, "gone");
});

test("a reserved data key is rejected unsent", async (server) => {
  for (const key of ["from", "message_type", "google.x", "gcm.notification.y"]) {
    const result = await senderFor(server).send(target, { ...samplePush, data: { [key]: "1" } });
    assert.equal(result.outcome, "rejected", key);
  }
  assert.equal(server.tokensIssued, 0);
});

/** The documented values of FCM's `ErrorCode`, and the outcome of each for the registration. */
const DOCUMENTED: [
  status: number,
  name: string,
  code: string | null,
  outcome: PushResult["outcome"],
][] = [
  [400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "rejected"],
  [404, "NOT_FOUND", "UNREGISTERED", "gone"],
  [404, "NOT_FOUND", null, "rejected"],
  [403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", "rejected"],
  [403, "PERMISSION_DENIED", null, "rejected"],
  [429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "retry"],
  [503, "UNAVAILABLE", "UNAVAILABLE", "retry"],
  [500, "INTERNAL", "INTERNAL", "retry"],
  [401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR", "rejected"],
];

for (const [status, name, code, outcome] of DOCUMENTED) {
  test(`${status} ${name} with ${code ?? "no code"} means ${outcome}`, async (server) => {
    server.sends.add({ status, body: fcmErrorBody(status, name, code) });
    assert.equal((await senderFor(server).send(target, samplePush)).outcome, outcome);
  });
}

test("the documented answer for an invalid registration token means gone", async (server) => {
  const message = "The registration token is not a valid FCM registration token";
  const body = fcmErrorBody(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", message);
  server.sends.add({ status: 400, body });
  assert.equal((await senderFor(server).send(target, samplePush)).outcome, "gone");
});

test("a push over quota without Retry-After waits a minute", async (server) => {
  server.sends.add({ status: 429 });
  const result = await senderFor(server).send(target, samplePush);
  assert.equal(result.outcome === "retry" && result.afterMs, 60_000);
});

test("a wrong endpoint does not remove registrations", async (server) => {
  const account = parseServiceAccount(server.serviceAccountJson);
  const sender = new FcmPushSender({ account, endpoint: `${server.endpoint}/wrong` });
  assert.equal((await sender.send(target, samplePush)).outcome, "rejected");
});

test("the tests' FCM is as strict as Google's parser", async (server) => {
  const account = parseServiceAccount(server.serviceAccountJson);
  const accessToken = new GoogleAccessToken(account, SCOPE, systemClock, 10_000);
  const headers = { authorization: `Bearer ${await accessToken.get()}` };
  const message = { token: target.token, data: { k: "v" } };
  const status = async (body: object) => {
    const url = `${server.endpoint}/v1/projects/${account.projectId}/messages:send`;
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await status({ message }), 200);
  assert.equal(await status({ message: { ...message, collapse_key: "x" } }), 400);
  assert.equal(await status({ message: { ...message, data: { k: 1 } } }), 400);
  assert.equal(await status({ message: { ...message, android: { ttl: "1 day" } } }), 400);
  assert.equal(await status({ message, registration_ids: [] }), 400);
});
