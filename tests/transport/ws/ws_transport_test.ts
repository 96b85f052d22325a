import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { eventually } from "../../support/eventually.ts";
import { BINARY, RawWebSocket } from "../../support/raw_web_socket.ts";
import { RunningApp } from "../../support/running_app.ts";
import { WsClient } from "../../support/ws_client.ts";

/** Sends a request with exactly these headers, which `fetch` would not send. */
async function rawGet(url: string, headers: Record<string, string | undefined>) {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  const outgoing = request(url, { headers: Object.fromEntries(given) as Record<string, string> });
  outgoing.end();
  const [incoming] = await once(outgoing, "response") as [IncomingMessage];
  return { status: incoming.statusCode, body: JSON.parse(await text(incoming)) };
}

/** Returns the first message of a raw socket, as JSON. */
async function heard(socket: RawWebSocket) {
  const frame = await socket.next();
  return JSON.parse(new TextDecoder().decode(frame!.payload));
}

Deno.test("/ws: the reply to hello has the profile, and missed changes if cursors were sent", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
  const plain = await WsClient.connect(app.webSocketUrl, ann.token);
  await using _plain = plain.client;
  assert.equal(plain.welcome.user.id, ann.id);
  assert.equal(plain.welcome.sessionId, ann.sessionId);
  assert.match(plain.welcome.serverTime, /^\d{4}-.*Z$/);
  assert.equal(plain.welcome.sync, undefined);
  const synced = await WsClient.connect(app.webSocketUrl, ann.token, { [chat.id]: 1 });
  await using _synced = synced.client;
  const { body } = await app.client(ann).post("/api/sync", { cursors: { [chat.id]: 1 } });
  const { incarnation, ...sync } = body;
  assert.deepEqual(synced.welcome.sync, sync);
  assert.equal(synced.welcome.incarnation, incarnation);
  assert.equal(sync.items[0].members.length, 2);
});

Deno.test("/ws: nothing is sent before hello, and a refused client receives the reason", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const cases: [cmd: string, data: unknown, code: string, close: number][] = [
    ["ping", {}, "unauthenticated", 4001],
    ["hello", { token: "nonsense" }, "unauthenticated", 4001],
    ["hello", {}, "invalid_request", 4002],
    ["hello", { token: { $ne: "" } }, "invalid_request", 4002],
    ["hello", { token: ann.token, cursors: { x: 1 } }, "invalid_request", 4002],
    ["hello", { token: ann.token, extra: 1 }, "invalid_request", 4002],
  ];
  for (const [cmd, data, code, close] of cases) {
    const client = await WsClient.open(app.webSocketUrl);
    const reply = await client.command(cmd, data);
    assert.equal(reply.error?.code, code, `${cmd} ${JSON.stringify(data)}`);
    assert.equal((await client.closed).code, close, `${cmd} ${JSON.stringify(data)}`);
  }
});

Deno.test("/ws: an incomplete handshake is refused as the client's fault", async () => {
  await using app = await RunningApp.start();
  const complete = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": btoa("0123456789abcdef"),
  };
  const cases: [fault: Record<string, string | undefined>, status: number, about: RegExp][] = [
    [{ upgrade: undefined }, 426, /no WebSocket upgrade/],
    [{ "sec-websocket-key": undefined }, 400, /not complete/i],
    [{ connection: undefined }, 400, /not complete/i],
    [{ "sec-websocket-version": "8" }, 426, /must be 13, not "8"/],
    [{ "sec-websocket-version": undefined }, 426, /must be 13/],
  ];
  for (const [fault, expected, about] of cases) {
    const { status, body } = await rawGet(`${app.url}/ws`, { ...complete, ...fault });
    assert.equal(status, expected, JSON.stringify(fault));
    assert.equal(body.code, expected === 426 ? "upgrade_required" : "invalid_request");
    assert.match(body.detail, about);
  }
});

Deno.test("/ws: a second hello is refused", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const { client } = await WsClient.connect(app.webSocketUrl, ann.token);
  await using _client = client;
  const again = await client.command("hello", { token: ann.token });
  assert.equal(again.error?.code, "invalid_request");
  assert.match(again.error!.detail, /has said hello/);
});

Deno.test("/ws: a socket without hello is closed, and one after hello stays open", async () => {
  await using app = await RunningApp.start({ LIMIT_HELLO_TIME_MS: "150" });
  const { ann } = await app.people("ann");
  const hello = () => WsClient.connect(app.webSocketUrl, ann.token);
  const { client } = await eventually("she says hello in time, on a busy machine too", hello);
  await using _ = client;
  const silent = await WsClient.open(app.webSocketUrl);
  assert.equal((await silent.closed).code, 4001);
  assert.equal(silent.strays[0].error?.code, "unauthenticated");
  assert.equal((await client.command("ping", {})).ok, true);
});

Deno.test("/ws: data that is not a frame of the protocol closes the socket with 4002", async () => {
  await using app = await RunningApp.start({ LIMIT_FRAME_BYTES: "2048" });
  const { ann } = await app.people("ann");
  const cases: [about: string, data: string | Uint8Array<ArrayBuffer>, code: string][] = [
    ["binary", new TextEncoder().encode("{}"), "invalid_request"],
    ["not JSON", "hello", "invalid_request"],
    ["empty", "", "invalid_request"],
    ["an array", "[]", "invalid_request"],
    ["null", "null", "invalid_request"],
    ["too long", `"${"x".repeat(2_048)}"`, "payload_too_large"],
    ["too many bytes", `"${"€".repeat(1_000)}"`, "payload_too_large"],
  ];
  for (const [about, data, code] of cases) {
    const { client } = await WsClient.connect(app.webSocketUrl, ann.token);
    client.socket.send(data);
    assert.equal((await client.closed).code, 4002, about);
    assert.equal(client.strays[0].error?.code, code, about);
  }
  const { client } = await WsClient.connect(app.webSocketUrl, ann.token);
  await using _ = client;
  const fits = { id: 1, cmd: "ping", data: {}, pad: "" };
  fits.pad = "x".repeat(2_048 - JSON.stringify(fits).length);
  client.socket.send(JSON.stringify(fits));
  await eventually("it is answered", () => client.strays.length === 1);
  assert.match(client.strays[0].error!.detail, /there is no field "pad"/);
});

Deno.test("/ws: an invalid command gets an error reply, and the socket stays open", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const { client } = await WsClient.connect(app.webSocketUrl, ann.token);
  await using _ = client;
  const frames: [frame: string, id: unknown][] = [
    ['{"cmd":"ping"}', null],
    ['{"id":{},"cmd":"ping"}', null],
    ['{"id":1e999,"cmd":"ping"}', null],
    [`{"id":"${"x".repeat(65)}","cmd":"ping"}`, null],
    ['{"id":"a","cmd":5}', "a"],
    ['{"id":"b","cmd":"no.such"}', "b"],
    ['{"id":"c","cmd":"__proto__"}', "c"],
    ['{"id":"d","cmd":"ping","data":[]}', "d"],
    ['{"id":"e","cmd":"ping","data":null}', "e"],
    ['{"id":"f","cmd":"ping","extra":1}', "f"],
    ['{"id":"g","cmd":"hello","data":{}}', "g"],
    [`{"id":"h","cmd":${"[".repeat(20_000)}${"]".repeat(20_000)}}`, "h"],
  ];
  for (const [frame] of frames) client.socket.send(frame);
  await eventually("all are answered", () => client.strays.length === frames.length);
  const byFrame = client.strays.map(({ id, error }) => [id, error?.code]);
  const expected = frames.map(([, id]) => [id, "invalid_request"]);
  assert.deepEqual(byFrame.toSorted(), expected.toSorted());
  client.socket.send('{"id":"ok","cmd":"ping"}');
  await eventually("the next is answered", () => client.strays.at(-1)?.id === "ok");
  assert.equal(client.strays.at(-1)?.ok, true);
});

Deno.test("/ws: pages of other origins may not connect, other clients may", async () => {
  await using app = await RunningApp.start({ CORS_ORIGINS: "https://app.example.com" });
  const host = new URL(app.url).host;
  const cases: [origin: string | null, status: number][] = [
    [null, 101],
    ["https://app.example.com", 101],
    [`http://${host}`, 101],
    ["https://evil.example", 403],
    ["https://app.example.com.evil.example", 403],
    ["null", 403],
  ];
  for (const [origin, status] of cases) {
    using socket = await RawWebSocket.open(app.webSocketUrl, origin === null ? {} : { origin });
    assert.equal(socket.status, status, `${origin}`);
  }
  const plain = await app.client().get("/ws");
  assert.equal(plain.body.code, "upgrade_required");
});

Deno.test("/ws: the subprotocol is accepted at any position of the offered list", async () => {
  await using app = await RunningApp.start();
  const cases: [offered: string | null, taken: string | null][] = [
    ["realtimechat.v1", "realtimechat.v1"],
    ["chat, realtimechat.v1", "realtimechat.v1"],
    ["realtimechat.v1,superchat", "realtimechat.v1"],
    ["realtimechat.v2", null],
    [null, null],
  ];
  for (const [offered, taken] of cases) {
    const headers = offered === null ? {} : { "sec-websocket-protocol": offered };
    using socket = await RawWebSocket.open(app.webSocketUrl, headers as Record<string, string>);
    assert.equal(socket.status, 101, `${offered}`);
    assert.equal(socket.headers.get("sec-websocket-protocol"), taken, `${offered}`);
  }
});

Deno.test("/ws: broken UTF-8 and broken frames end their socket, and no other", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const { client } = await WsClient.connect(app.webSocketUrl, ann.token);
  await using _ = client;
  for (const [bytes, opcode] of [[[0x22, 0xff, 0x22], 1], [[1], 3], [[0xff], BINARY]] as const) {
    using socket = await RawWebSocket.open(app.webSocketUrl);
    await socket.send(new Uint8Array(bytes), opcode);
    const code = await socket.closeCode();
    assert.ok(code === null || code === 1002 || code === 1007 || code === 4002, `${code}`);
  }
  assert.equal((await client.command("ping", {})).ok, true);
  assert.deepEqual(app.log, []);
});

Deno.test("/ws: the end of a session closes its sockets, and ends their commands", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
  using socket = await RawWebSocket.open(app.webSocketUrl);
  await socket.command(1, "hello", { token: ann.token });
  assert.equal((await heard(socket)).ok, true);
  const { client } = await WsClient.connect(app.webSocketUrl, ann.token);
  await app.client(ann).post("/api/auth/logout");
  assert.equal((await client.closed).code, 4001);
  assert.equal(client.events.at(-1)?.event, "session.ended");
  // This one does not answer the close, and keeps sending.
  await socket.command(2, "message.send", { chatId: chat.id, text: "still here" });
  assert.equal(await socket.closeCode(), 4001);
  const { body } = await app.client(bob).get(`/api/messages/${chat.id}`);
  assert.deepEqual(body.items, []);
});

Deno.test("/ws: the sockets of a user are limited, and one too many gets a waiting time", async () => {
  await using app = await RunningApp.start({ LIMIT_SOCKETS_PER_USER: "2" });
  const { ann } = await app.people("ann");
  const first = await WsClient.connect(app.webSocketUrl, ann.token);
  const second = await WsClient.connect(app.webSocketUrl, ann.token);
  await using _second = second.client;
  const third = await WsClient.open(app.webSocketUrl);
  const reply = await third.command("hello", { token: ann.token });
  assert.equal(reply.error?.code, "rate_limited");
  assert.equal(reply.error?.retryAfter, 30);
  assert.equal((await third.closed).code, 4029);
  await first.client.close();
  const again = await eventually(
    "there is room again",
    () => WsClient.connect(app.webSocketUrl, ann.token),
  );
  await again.client.close();
});

Deno.test("/ws: a reader that is too slow is disconnected, and no other", async () => {
  await using app = await RunningApp.start({
    LIMIT_TEXT_LENGTH: "100000",
  });
  const { ann, bob } = await app.people("ann", "bob");
  const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
  using slow = await RawWebSocket.open(app.webSocketUrl);
  await slow.command(1, "hello", { token: bob.token });
  assert.equal((await heard(slow)).ok, true);
  const { client } = await WsClient.connect(app.webSocketUrl, ann.token);
  await using _ = client;
  const text = "x".repeat(100_000);
  // Far more than the kernel's buffers hold.
  for (let i = 0; i < 200; i++) {
    const { status } = await app.client(ann).post("/api/messages", { chatId: chat.id, text });
    assert.equal(status, 201);
  }
  await eventually(
    "the other has heard all",
    () => client.events.filter(({ event }) => event === "message.created").length === 200,
  );
  assert.equal(await slow.closeCode(), 4008);
});

Deno.test("/ws: a drain makes every client reconnect, before and after hello", async () => {
  const app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const { client } = await WsClient.connect(app.webSocketUrl, ann.token);
  const silent = await WsClient.open(app.webSocketUrl);
  await app[Symbol.asyncDispose]();
  assert.equal((await client.closed).code, 1012);
  assert.equal((await silent.closed).code, 1012);
});

Deno.test("/ws: a client that exceeds its rate is closed with 4029, and receives the code", async () => {
  await using app = await RunningApp.start({ RATE_SIGNAL: "1/10m" });
  const { ann, bob } = await app.people("ann", "bob");
  const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
  const { client } = await WsClient.connect(app.webSocketUrl, ann.token);
  const start = () => client.command("typing.start", { chatId: chat.id });
  const first = await start();
  const replies = [first, ...Array.from({ length: 4_000 }, start)];
  assert.deepEqual(await client.closed, { code: 4029, reason: "rate_limited" });
  const codes = (await Promise.all(replies)).map(({ ok, error }) => ok ? "ok" : error?.code);
  assert.deepEqual(codes.slice(0, 2), ["ok", "rate_limited"]);
  assert.equal(codes.at(-1), undefined, "after so many refusals there is no answer");
});

Deno.test("/ws: Deno pings a silent client after 30 s, which is half of the silence that it allows", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const { upgradeWebSocket } = Deno;
  const idle: unknown[] = [];
  Deno.upgradeWebSocket = (request, options) => {
    idle.push(options?.idleTimeout);
    return upgradeWebSocket(request, options);
  };
  try {
    const { client } = await WsClient.connect(app.webSocketUrl, ann.token);
    await client.close();
  } finally {
    Deno.upgradeWebSocket = upgradeWebSocket;
  }
  assert.deepEqual(idle, [60]);
});
