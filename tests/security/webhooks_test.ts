import assert from "node:assert/strict";
import { systemClock } from "../../src/core/clock.ts";
import {
  newWebhookSecret,
  signatureHeaders,
  webhookKey,
} from "../../src/core/webhook_signature.ts";
import { requireEndpointUrl } from "../../src/webhooks/endpoint_url.ts";
import { SignedPost } from "../../src/webhooks/signed_post.ts";
import { exampleVerify } from "../support/webhook_receiver.ts";
import { openWorld } from "../webhooks/webhook_world.ts";

const INTERNAL = [
  "http://127.0.0.1:80/",
  "https://127.0.0.1/",
  "https://127.1/",
  "https://0x7f000001/",
  "https://2130706433/",
  "https://0177.0.0.1/",
  "https://0/",
  "https://localhost./",
  "https://[::ffff:7f00:1]/",
  "https://[64:ff9b::a00:1]/",
  "https://[2002:a00:1::]/",
  "https://[fe80::1]/",
  "https://[fd00:ec2::254]/",
  "https://evil.example@127.0.0.1/",
  "https://localhost/",
  "https://[::1]/",
  "https://[::ffff:10.0.0.1]/",
  "https://10.0.0.1/",
  "https://169.254.169.254/latest/meta-data/",
  "https://metadata.google.internal/",
  "https://user:password@8.8.8.8/",
  "http://8.8.8.8/",
  "https://8.8.8.8/#fragment",
  "ftp://8.8.8.8/",
  "file:///etc/passwd",
  "javascript:alert(1)",
  "not a url",
];

Deno.test("neither a webhook nor the message hook can be pointed into the private network", async () => {
  await using world = await openWorld();
  const webhookId = await world.subscribe(["message.created"]);
  for (const url of INTERNAL) {
    const answers = [
      await world.admin.post("/api/admin/webhooks", { url, events: ["message.created"] }),
      await world.admin.put(`/api/admin/webhooks/${webhookId}`, { url }),
      await world.admin.put("/api/admin/message-hook", { url }),
    ];
    for (const { status, body } of answers) {
      assert.deepEqual([status, body.code], [400, "invalid_request"], url);
    }
  }
  assert.equal((await world.admin.get("/api/admin/webhooks")).body.items.length, 1);
});

Deno.test("a public name that leads into the private network is refused when it is registered", async () => {
  const at = (...addresses: string[]) => () => Promise.resolve(addresses);
  const url = "https://hooks.example.org/";
  await requireEndpointUrl(url, [], at("8.8.8.8"));
  for (const address of ["127.0.0.1", "10.0.0.1", "169.254.169.254", "fd00:ec2::254"]) {
    const refused = { code: "invalid_request", message: /hooks\.example\.org/ };
    await assert.rejects(requireEndpointUrl(url, [], at("8.8.8.8", address)), refused);
  }
});

Deno.test("a host that moves into the private network after it was registered is not called", async () => {
  let connected = 0;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = (async () => {
    for await (const connection of listener) {
      connected++;
      connection.close();
    }
  })().catch(() => {});
  const resolve = () => Promise.resolve(["127.0.0.1"]);
  const post = new SignedPost({ clock: systemClock, allowedOrigins: [], resolve });
  const request = {
    url: `https://rebound.example.org:${(listener.addr as Deno.NetAddr).port}/`,
    id: "1",
    body: "{}",
    keys: [webhookKey(newWebhookSecret())!],
  };
  await assert.rejects(post.send(request, { timeoutMs: 20_000 }), { name: "PrivateAddress" });
  post.close();
  listener.close();
  await accepting;
  assert.equal(connected, 0);
});

Deno.test("an endpoint cannot redirect the server, nor fill its memory", async () => {
  await using world = await openWorld();
  const webhookId = await world.subscribe(["message.created"]);
  const test = () => world.admin.post(`/api/admin/webhooks/${webhookId}/test`);
  const { backend } = world;
  backend.respond = () => Promise.resolve(Response.redirect(`${backend.origin}/elsewhere`, 307));
  assert.equal((await test()).body.status, 307);
  assert.equal(backend.requests.length, 1, "the redirect was not followed");
  let sent = 0;
  const endless = () =>
    new ReadableStream({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(120));
      },
    });
  backend.respond = () => Promise.resolve(new Response(endless()));
  const { body } = await test();
  assert.deepEqual([body.status, body.body.length], [200, 512]);
  assert.ok(sent < 64 * 1024 * 1024, "the response was cut off");
});

Deno.test("secrets are shown once, and stored encrypted", async () => {
  await using world = await openWorld();
  const webhookId = await world.subscribe(["message.created"]);
  const { secret } = world.backend;
  const listed = JSON.stringify((await world.admin.get("/api/admin/webhooks")).body);
  assert.ok(!listed.includes(secret) && !listed.includes("whsec_"));
  await using store = await world.app.openStore().then((opened) => ({
    ...opened,
    row: () => opened.webhooks.byId(webhookId),
    [Symbol.asyncDispose]: () => opened.close(),
  }));
  assert.ok(!JSON.stringify(await store.row()).includes(secret.slice("whsec_".length)));
});

Deno.test("the guide's example refuses forged, changed and replayed requests", async () => {
  const verify = await exampleVerify();
  const [secret, other] = [newWebhookSecret(), newWebhookSecret()];
  const now = Date.now();
  const body = JSON.stringify({ id: "1", type: "message.created" });
  const signed = (at: number, ...secrets: string[]) =>
    new Headers(signatureHeaders(
      { id: "1", timestamp: Math.floor(at / 1000), body },
      secrets.map((each) => webhookKey(each)!),
    ));
  const changed = (name: string, value: string | null) => {
    const headers = signed(now, secret);
    if (value === null) headers.delete(name);
    else headers.set(name, value);
    return headers;
  };
  assert.deepEqual(verify(signed(now, secret), body, secret, now), JSON.parse(body));
  assert.notEqual(verify(signed(now, other, secret), body, secret, now), null, "while it rotates");
  const refused: [string, Headers, string][] = [
    ["another secret", signed(now, other), body],
    ["a changed body", signed(now, secret), body.replace("1", "2")],
    ["replayed after ten minutes", signed(now - 600_000, secret), body],
    ["from the future", signed(now + 600_000, secret), body],
    ["a later time", changed("webhook-timestamp", String(Math.floor(now / 1000) + 1)), body],
    ["no time", changed("webhook-timestamp", null), body],
    ["another id", changed("webhook-id", "2"), body],
    ["no signature", changed("webhook-signature", null), body],
    ["an empty signature", changed("webhook-signature", "v1,"), body],
  ];
  for (const [name, headers, text] of refused) {
    assert.equal(verify(headers, text, secret, now), null, name);
  }
});
