import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Person } from "../../support/people.ts";
import { RunningApp } from "../../support/running_app.ts";
import { SocketIoClient } from "../../support/socketio_client.ts";
import { WsClient } from "../../support/ws_client.ts";
import { heard, OPTIONS, setting, WAYS } from "./transport_world.ts";

for (const [name, transports] of WAYS) {
  Deno.test(
    `Socket.IO by ${name}: a client is greeted, sends commands and receives events`,
    OPTIONS,
    async () => {
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
    },
  );

  Deno.test(`Socket.IO by ${name}: both transports send the same events`, OPTIONS, async () => {
    await using world = await setting();
    const { app, ann, bob, chatId } = world;
    await using client = await SocketIoClient.connect(app.url, bob.token, { transports });
    const { client: native } = await WsClient.connect(app.webSocketUrl, bob.token);
    await using _native = native;
    await eachKindOfEvent(app, ann, bob, chatId);
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
    `Socket.IO by ${name}: an ended session says so, and does not reconnect`,
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

  Deno.test(`Socket.IO by ${name}: a drain makes clients reconnect`, OPTIONS, async () => {
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

  Deno.test(
    `Socket.IO by ${name}: cursors bring the changes missed while disconnected`,
    OPTIONS,
    async () => {
      await using world = await setting();
      const { app, ann, bob, chatId } = world;
      const send = (text: string) => app.client(ann).post("/api/messages", { chatId, text });
      const { body: seen } = await send("seen");
      const { body: missed } = await send("missed");
      const cursors = { [chatId]: seen.rev };
      await using client = await SocketIoClient.connect(app.url, bob.token, {
        transports,
        cursors,
      });
      const [{ items }] = client.welcomes.map(({ sync }) => sync);
      assert.equal(items[0].chatId, chatId);
      assert.deepEqual(items[0].messages, [missed]);
      const { body: next } = await send("next");
      const [event] = await heard(client, 1);
      assert.deepEqual(event.data, next);
    },
  );
}

/** Twelve events that every member receives, of all kinds of a chat. */
/** `who` writes and changes; the reader reads, because sending counts as reading for the sender. */
async function eachKindOfEvent(
  app: RunningApp,
  who: Person,
  reader: Person,
  chatId: string,
): Promise<void> {
  const [by, read] = [app.client(who), app.client(reader)];
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
    await read.post(`/api/chats/${chatId}/read`, { seq: message.seq }),
    await read.post(`/api/chats/${chatId}/delivered`, { seq: other.seq }),
  ];
  for (const { status, body } of answers) assert.ok(status < 300, JSON.stringify(body));
  const { fay } = await app.people("fay");
  const added = await by.post(`/api/groups/${chatId}/members`, { userIds: [fay.id] });
  assert.ok(added.status < 300);
  await socket[Symbol.asyncDispose]();
}

function commandNames({ app }: RunningApp): Set<string> {
  return new Set(app.operations.filter(({ socket }) => socket).map(({ name }) => name));
}

Deno.test("Socket.IO has every command of /ws, with the same reply", OPTIONS, async () => {
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
    ["event.send", { chatId, type: "wave", data: { hand: "left" } }],
    ["message.delete", { messageId }],
  ];
  for (const [name, data] of commands) {
    const here = await client.command(name, data);
    assert.equal(here.ok, true, `${name}: ${JSON.stringify(here.error)}`);
    const { id: _, ...there } = await native.command(name, data);
    // A repeated command has the same reply, except for an edit, which takes a revision each time.
    if (name !== "message.edit") assert.deepEqual(there, here, name);
  }
  const pong = await client.command("ping");
  assert.deepEqual(Object.keys(pong.data), ["serverTime"]);
  // Nothing that calls need is configured here: the refusal is the same.
  const calls = ["call.start", "call.join", "call.end"];
  for (const name of calls) {
    const here = await client.command(name, { chatId });
    const there = await native.command(name, { chatId });
    assert.deepEqual([here.ok, here.error], [false, there.error], name);
  }
  const names = [...commands.map(([name]) => name), ...calls, "ping"];
  assert.deepEqual(new Set(names), commandNames(app));
});

Deno.test("Socket.IO answers invalid commands with the errors of /ws", OPTIONS, async () => {
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
  "Socket.IO refuses binary data and further arguments, and keeps the socket open",
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
        "Cannot read the command: it holds binary data, and must be JSON",
      ]);
    }
    const { error } = await client.command("message.send", { chatId, text: "x" }, "more");
    assert.equal(error?.code, "invalid_request");
    assert.equal((await client.command("message.send", { chatId, text: "x" })).ok, true);
  },
);

Deno.test("Socket.IO runs a command without an acknowledgement too", OPTIONS, async () => {
  await using world = await setting();
  const { app, ann, chatId } = world;
  await using client = await SocketIoClient.connect(app.url, ann.token);
  client.socket.emit("message.send", { chatId, text: "Nobody waits" });
  client.socket.emit("no.such.command");
  const [event] = await heard(client, 1);
  assert.equal((event.data as { text: string }).text, "Nobody waits");
});
