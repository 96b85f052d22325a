import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import * as chatOperations from "../../../src/chats/operations.ts";
import * as messageOperations from "../../../src/messages/operations.ts";
import type { WireEvent } from "../../../src/model/event.ts";
import * as realtimeOperations from "../../../src/realtime/operations.ts";
import { eventually } from "../../support/eventually.ts";
import type { Person } from "../../support/people.ts";
import { RunningApp } from "../../support/running_app.ts";
import {
  type RefusedConnection,
  SocketIoClient,
  type Transports,
} from "../../support/socketio_client.ts";
import { WsClient } from "../../support/ws_client.ts";

/** Timers and connections of the client library outlive its `close()` a little. */
const OPTIONS = { sanitizeOps: false, sanitizeResources: false };

const WAYS: [name: string, transports: Transports][] = [
  ["WebSocket", ["websocket"]],
  ["polling", ["polling"]],
  ["polling with the upgrade", ["polling", "websocket"]],
];

/** Ann, Bob and a group of both; Eve is not in it. */
async function setting(environment?: Record<string, string>) {
  const app = await RunningApp.start(environment);
  const people = await app.people("ann", "bob", "eve");
  const made = await app.client(people.ann).post("/api/groups", {
    name: "Group",
    memberIds: [people.bob.id],
  });
  assert.equal(made.status, 201);
  return { app, ...people, chatId: made.body.id as string, [Symbol.asyncDispose]: () => stop(app) };
}

async function stop(app: RunningApp): Promise<void> {
  await app[Symbol.asyncDispose]();
  assert.deepEqual(app.log, []);
}

/**
 * What one socket heard, once there are `count` events of it. Without who is online, which each hears
 * from when it comes.
 */
async function heard(client: { events: WireEvent[] }, count: number): Promise<WireEvent[]> {
  const events = () => client.events.filter(({ event }) => event !== "presence");
  await eventually(`${count} events have come`, () => events().length >= count);
  return events();
}

for (const [name, transports] of WAYS) {
  Deno.test(`by ${name}: a client is greeted, commands, and hears`, OPTIONS, async () => {
    await using world = await setting();
    const { app, ann, bob, chatId } = world;
    await using first = await SocketIoClient.connect(app.url, ann.token, { transports });
    await using second = await SocketIoClient.connect(app.url, bob.token, { transports });
    const [{ user, sessionId, serverTime, sync }] = first.welcomes;
    assert.deepEqual([user.id, sessionId, sync], [ann.id, ann.sessionId, undefined]);
    assert.ok(Math.abs(Date.parse(serverTime) - Date.now()) < 60_000);
    const sent = await first.command("message.send", { chatId, text: "Hello" });
    assert.equal(sent.ok, true);
    for (const client of [first, second]) {
      const [event] = await heard(client, 1);
      assert.deepEqual(event, {
        event: "message.created",
        chatId,
        rev: sent.data.rev,
        data: sent.data,
      });
    }
  });

  Deno.test(`by ${name}: both doors tell the same events`, OPTIONS, async () => {
    await using world = await setting();
    const { app, ann, bob, chatId } = world;
    await using client = await SocketIoClient.connect(app.url, bob.token, { transports });
    const { client: native } = await WsClient.connect(app.webSocketUrl, bob.token);
    await using _native = native;
    await eachKindOfEvent(app, ann, chatId);
    const events = await heard(native, 12);
    const kinds = new Set(events.map(({ event }) => event));
    assert.deepEqual(await heard(client, 12), events);
    assert.deepEqual(
      kinds,
      new Set([
        "typing",
        "message.created",
        "message.updated",
        "message.deleted",
        "chat.updated",
        "receipt.updated",
        "member.updated",
      ]),
    );
  });

  Deno.test(
    `by ${name}: a session that ends says so, and is not opened again`,
    OPTIONS,
    async () => {
      await using world = await setting();
      const { app, ann } = world;
      const options = { transports, reconnection: true };
      await using client = await SocketIoClient.connect(app.url, ann.token, options);
      assert.equal((await app.client(ann).post("/api/auth/logout")).status, 204);
      assert.equal(await client.closed(), "io server disconnect");
      assert.deepEqual(client.events, [
        { event: "session.ended", data: { sessionId: ann.sessionId, reason: "ended" } },
      ]);
      assert.equal(client.socket.active, false);
    },
  );

  Deno.test(`by ${name}: a drain sends clients away to come again`, OPTIONS, async () => {
    const app = await RunningApp.start();
    const { ann } = await app.people("ann");
    const options = { transports, reconnection: true };
    const client = await SocketIoClient.connect(app.url, ann.token, options);
    const reason = client.closed();
    await app[Symbol.asyncDispose]();
    assert.match(await reason, /^transport (close|error)$/);
    assert.equal(client.socket.active, true);
    client.socket.close();
  });

  Deno.test(`by ${name}: what came while it was away comes by its cursors`, OPTIONS, async () => {
    await using world = await setting();
    const { app, ann, bob, chatId } = world;
    const send = (text: string) => app.client(ann).post("/api/messages", { chatId, text });
    const { body: seen } = await send("seen");
    const { body: missed } = await send("missed");
    const cursors = { [chatId]: seen.rev };
    await using client = await SocketIoClient.connect(app.url, bob.token, { transports, cursors });
    const [{ items }] = client.welcomes.map(({ sync }) => sync);
    assert.equal(items[0].chatId, chatId);
    assert.deepEqual(items[0].messages, [missed]);
    const { body: next } = await send("next");
    const [event] = await heard(client, 1);
    assert.deepEqual(event.data, next);
  });
}

/** Twelve events that every member hears, of all the kinds that a chat has. */
async function eachKindOfEvent(app: RunningApp, who: Person, chatId: string): Promise<void> {
  const by = app.client(who);
  const socket = await SocketIoClient.connect(app.url, who.token);
  assert.deepEqual(await socket.command("typing.start", { chatId }), { ok: true, data: {} });
  const { body: message } = await by.post("/api/messages", { chatId, text: "…" });
  const path = `/api/messages/${message.id}`;
  const { body: other } = await by.post("/api/messages", { chatId, text: "Ünï — 漢字 🎉 \u2028" });
  const answers = [
    await by.put(path, { text: "edited" }),
    await by.post(`${path}/react`, { emoji: "👍" }),
    await by.post("/api/messages/pin", { messageId: message.id }),
    await by.post("/api/messages/pin", { messageId: message.id, unpin: true }),
    await by.delete(`/api/messages/${other.id}`),
    await by.put(`/api/groups/${chatId}`, { name: "Renamed" }),
    await by.post(`/api/chats/${chatId}/read`, { seq: message.seq }),
    await by.post(`/api/chats/${chatId}/delivered`, { seq: other.seq }),
  ];
  for (const { status, body } of answers) assert.ok(status < 300, JSON.stringify(body));
  const { fay } = await app.people("fay");
  const added = await by.post(`/api/groups/${chatId}/members`, { userIds: [fay.id] });
  assert.ok(added.status < 300);
  await socket[Symbol.asyncDispose]();
}

function commandNames(): Set<string> {
  const all = [chatOperations, messageOperations, realtimeOperations].flatMap(Object.values);
  return new Set(all.filter(({ socket }) => socket).map(({ name }) => name));
}

Deno.test("every command of /ws is one of Socket.IO, with the same answer", OPTIONS, async () => {
  await using world = await setting();
  const { app, ann, chatId } = world;
  await using client = await SocketIoClient.connect(app.url, ann.token);
  const { client: native } = await WsClient.connect(app.webSocketUrl, ann.token);
  await using _native = native;
  const { data: message } = await client.command("message.send", { chatId, text: "Hello" });
  const { id: messageId, seq } = message;
  const commands: [string, unknown][] = [
    ["message.send", { chatId, text: "Once", clientId: "the-very-same" }],
    ["message.edit", { messageId, text: "Hello!" }],
    ["message.react", { messageId, emoji: "👍" }],
    ["message.pin", { messageId }],
    ["chat.read", { chatId, seq }],
    ["chat.delivered", { chatId, seq }],
    ["chat.changes", { chatId, after: 1 }],
    ["typing.start", { chatId }],
    ["typing.stop", { chatId }],
    ["presence.set", { state: "busy" }],
    ["presence.get", { userIds: [ann.id] }],
    ["message.delete", { messageId }],
  ];
  for (const [name, data] of commands) {
    const here = await client.command(name, data);
    assert.equal(here.ok, true, `${name}: ${JSON.stringify(here.error)}`);
    const { id: _, ...there } = await native.command(name, data);
    // What is said twice is the same; but for an edit, which takes a revision each time.
    if (name !== "message.edit") assert.deepEqual(there, here, name);
  }
  const pong = await client.command("ping");
  assert.deepEqual(Object.keys(pong.data), ["serverTime"]);
  assert.deepEqual(new Set([...commands.map(([name]) => name), "ping"]), commandNames());
});

Deno.test("what is wrong is answered with the error that /ws gives", OPTIONS, async () => {
  await using world = await setting();
  const { app, ann, eve, chatId } = world;
  await using client = await SocketIoClient.connect(app.url, eve.token);
  const { client: native } = await WsClient.connect(app.webSocketUrl, eve.token);
  await using _native = native;
  const wrong: [string, unknown, string][] = [
    ["message.send", { chatId, text: "I am no member" }, "not_found"],
    ["message.send", { chatId: 7, text: "x", other: true }, "invalid_request"],
    ["message.send", "a text", "invalid_request"],
    ["message.send", null, "invalid_request"],
    ["message.send", [1], "invalid_request"],
    ["message.send", undefined, "invalid_request"],
    ["no.such.command", {}, "invalid_request"],
    ["hello", { token: ann.token }, "invalid_request"],
    ["error", {}, "invalid_request"],
    ["__proto__", {}, "invalid_request"],
    ["presence.get", { userIds: "x" }, "invalid_request"],
  ];
  for (const [name, data, code] of wrong) {
    const here = await client.command(name, ...(data === undefined ? [] : [data]));
    const { id: _, ...there } = await native.command(name, data);
    assert.equal(here.error?.code, code, `${name}: ${JSON.stringify(here)}`);
    assert.deepEqual(there, here);
  }
});

Deno.test(
  "binary data and further arguments are refused, and the socket goes on",
  OPTIONS,
  async () => {
    await using world = await setting();
    const { app, ann, chatId } = world;
    await using client = await SocketIoClient.connect(app.url, ann.token);
    const bytes = Buffer.from("bytes");
    for (const data of [bytes, { chatId, text: bytes }, { chatId, mediaIds: [{ deep: bytes }] }]) {
      const { error } = await client.command("message.send", data);
      assert.deepEqual([error?.code, error?.detail], [
        "invalid_request",
        "Reading a command: it holds binary data, and must be JSON",
      ]);
    }
    const { error } = await client.command("message.send", { chatId, text: "x" }, "more");
    assert.equal(error?.code, "invalid_request");
    assert.equal((await client.command("message.send", { chatId, text: "x" })).ok, true);
  },
);

Deno.test("a command without an acknowledgement runs too", OPTIONS, async () => {
  await using world = await setting();
  const { app, ann, chatId } = world;
  await using client = await SocketIoClient.connect(app.url, ann.token);
  client.socket.emit("message.send", { chatId, text: "Nobody waits" });
  client.socket.emit("no.such.command");
  const [event] = await heard(client, 1);
  assert.equal((event.data as { text: string }).text, "Nobody waits");
});

Deno.test("who is not let in is told why", OPTIONS, async () => {
  await using world = await setting({ LIMIT_SOCKETS_PER_USER: "1" });
  const { app, ann, bob } = world;
  await using _one = await SocketIoClient.connect(app.url, ann.token);
  assert.equal((await app.client(bob).post("/api/auth/logout")).status, 204);
  const wrong: [object, string][] = [
    [{}, "unauthenticated"],
    [{ token: null }, "unauthenticated"],
    [{ token: "" }, "unauthenticated"],
    [{ token: "nonsense" }, "unauthenticated"],
    [{ token: `${ann.token}x` }, "unauthenticated"],
    [{ token: bob.token }, "unauthenticated"],
    [{ token: 7 }, "invalid_request"],
    [{ token: ann.token, other: 1 }, "invalid_request"],
    [{ token: ann.token, cursors: { x: -1 } }, "invalid_request"],
    [{ token: ann.token }, "rate_limited"],
  ];
  for (const [auth, code] of wrong) {
    const { message, data } = await SocketIoClient.open(app.url, auth).refused();
    assert.equal(data?.code, code, JSON.stringify(data));
    assert.equal(data?.detail, message);
  }
});

/** A WebSocket to the engine, for packets that the client library would not send. */
function rawSocket(app: RunningApp): WebSocket {
  return new WebSocket(`${app.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
}

Deno.test("a token that expires closes the connection, and is refused then", OPTIONS, async () => {
  await using world = await setting({ JWT_EXPIRY: "2s" });
  const { app } = world;
  const { fay } = await app.people("fay");
  const options = { reconnection: true, reconnectionDelay: 10 };
  await using client = await SocketIoClient.connect(app.url, fay.token, options);
  const refused = new Promise<RefusedConnection>((resolve) =>
    client.socket.once("connect_error", resolve)
  );
  assert.equal(await client.closed(), "transport close");
  assert.equal((await refused).data?.code, "token_expired");
});

Deno.test("who says nothing, or shows no token that is good, is not kept", OPTIONS, async () => {
  await using world = await setting({ LIMIT_HELLO_TIME_MS: "100" });
  const { app, eve } = world;
  for (const packet of [null, `40{"token":"bad"}`]) {
    const socket = rawSocket(app);
    if (packet) socket.onopen = () => socket.send(packet);
    await new Promise((resolve) => socket.onclose = resolve);
  }
  // The time runs for the token only.
  await using client = await SocketIoClient.connect(app.url, eve.token);
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal((await client.command("ping")).ok, true);
});

Deno.test("one connection has one socket, however often it asks", OPTIONS, async () => {
  await using world = await setting({ LIMIT_SOCKETS_PER_USER: "2" });
  const { app, ann } = world;
  const socket = rawSocket(app);
  const packets: string[] = [];
  socket.onmessage = ({ data }) => packets.push(data);
  const connect = `40${JSON.stringify({ token: ann.token })}`;
  socket.onopen = () => {
    for (let i = 0; i < 5; i++) socket.send(connect);
  };
  // A further one is refused while the first is looked at, and ends the connection later.
  await eventually("all are answered", () => {
    const answers = packets.filter((packet) => /^4[04]/.test(packet));
    return answers.length === 5 || socket.readyState === WebSocket.CLOSED;
  });
  assert.equal(packets.filter((packet) => packet.startsWith("40")).length, 1);
  socket.close();
  // It left nothing behind: there is room for both again.
  const open = () => SocketIoClient.connect(app.url, ann.token);
  await using _first = await eventually("there is room", open);
  await using _second = await eventually("there is room again", open);
});

Deno.test("on one connection a socket may be closed and opened again", OPTIONS, async () => {
  await using world = await setting({ LIMIT_SOCKETS_PER_USER: "1" });
  const { app, ann, chatId } = world;
  const socket = rawSocket(app);
  const packets: string[] = [];
  socket.onmessage = ({ data }) => packets.push(data);
  await new Promise((resolve) => socket.onopen = resolve);
  for (let opened = 1; opened <= 3; opened++) {
    socket.send(`40${JSON.stringify({ token: ann.token })}`);
    const greeted = () => packets.filter((packet) => packet.startsWith('42["hello"')).length;
    await eventually("it is greeted", () => greeted() === opened);
    if (opened < 3) socket.send("41");
  }
  await app.client(ann).post("/api/messages", { chatId, text: "once" });
  await eventually("it is heard", () => packets.some((packet) => packet.includes('"once"')));
  assert.equal(packets.filter((packet) => packet.includes("message.created")).length, 1);
  socket.close();
});

Deno.test("pages of other origins are kept out, by whatever way", OPTIONS, async () => {
  await using world = await setting({ CORS_ORIGINS: "https://app.example" });
  const { app, ann } = world;
  const ask = (origin: string, init: RequestInit = {}) =>
    fetch(`${app.url}/socket.io/?EIO=4&transport=polling`, {
      ...init,
      headers: { ...init.headers, origin },
    });
  const blocked = await ask("https://evil.example");
  assert.equal(blocked.status, 403);
  assert.equal((await blocked.json()).code, "forbidden");
  assert.equal(blocked.headers.get("access-control-allow-origin"), null);
  const allowed = await ask("https://app.example");
  await allowed.body?.cancel();
  assert.equal(allowed.status, 200);
  assert.equal(allowed.headers.get("access-control-allow-origin"), "https://app.example");
  assert.equal(allowed.headers.get("x-content-type-options"), "nosniff");
  const preflight = await ask("https://app.example", {
    method: "OPTIONS",
    headers: { "access-control-request-method": "POST" },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-origin"), "https://app.example");
  for (const transports of [["websocket"], ["polling"]] as Transports[]) {
    const extraHeaders = { origin: "https://evil.example" };
    const client = SocketIoClient.open(app.url, { token: ann.token }, { transports, extraHeaders });
    assert.equal((await client.refused()).data, undefined);
  }
});

for (const [name, transports] of WAYS.slice(0, 2)) {
  Deno.test(`by ${name}: a frame that is too big ends the connection`, OPTIONS, async () => {
    await using world = await setting({ LIMIT_FRAME_BYTES: "2048" });
    const { app, ann, chatId } = world;
    await using client = await SocketIoClient.connect(app.url, ann.token, { transports });
    assert.equal(
      (await client.command("message.send", { chatId, text: "x".repeat(1500) })).ok,
      true,
    );
    client.socket.emit("message.send", { chatId, text: "x".repeat(3000) });
    assert.match(await client.closed(), /^transport (close|error)$/);
  });
}

Deno.test("a reader that is too slow is cut off, and others are not", OPTIONS, async () => {
  await using world = await setting({ LIMIT_SOCKET_BUFFER_BYTES: "65536" });
  const { app, ann, bob, chatId } = world;
  await using reader = await SocketIoClient.connect(app.url, ann.token);
  const open = await fetch(`${app.url}/socket.io/?EIO=4&transport=polling`);
  const { sid } = JSON.parse((await open.text()).slice(1));
  const session = `${app.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
  const auth = `40${JSON.stringify({ token: bob.token })}`;
  assert.equal(await (await fetch(session, { method: "POST", body: auth })).text(), "ok");
  const sends = Array.from({ length: 30 }, (_, i) => `${i} ${"x".repeat(5000)}`);
  for (const text of sends) await app.client(ann).post("/api/messages", { chatId, text });
  await heard(reader, sends.length);
  const poll = await fetch(session);
  assert.deepEqual([poll.status, (await poll.json()).message], [400, "Session ID unknown"]);
});

Deno.test("who goes on although refused is cut off", OPTIONS, async () => {
  await using world = await setting({ RATE_SIGNAL: "1/1h" });
  const { app, ann } = world;
  await using client = await SocketIoClient.connect(app.url, ann.token);
  assert.equal((await client.command("ping")).ok, true);
  const answers: string[] = [];
  for (let i = 0; i < 1000; i++) {
    client.socket.emit("ping", {}, (reply: { error: { code: string } }) => {
      answers.push(reply.error.code);
    });
  }
  assert.match(await client.closed(), /^transport (close|error)$/);
  assert.deepEqual([new Set(answers), answers.length], [new Set(["rate_limited"]), 1000]);
});

Deno.test("a client that goes away leaves nothing behind", OPTIONS, async () => {
  await using world = await setting({ LIMIT_SOCKETS_PER_USER: "2" });
  const { app, ann } = world;
  for (let i = 0; i < 6; i++) {
    const client = await eventually(
      "there is room again",
      () => SocketIoClient.connect(app.url, ann.token, { transports: WAYS[i % 3][1] }),
    );
    await client[Symbol.asyncDispose]();
  }
  // One that goes while its token is being looked at.
  for (let i = 0; i < 10; i++) SocketIoClient.open(app.url, { token: ann.token }).socket.close();
  const gauge = async () => (await app.client().get("/metrics")).body as string;
  await eventually("none is open", async () => /^realtimechat_sockets 0$/m.test(await gauge()));
  await using _again = await SocketIoClient.connect(app.url, ann.token);
});
