import assert from "node:assert/strict";
import { eventually } from "../../support/eventually.ts";
import type { RunningApp } from "../../support/running_app.ts";
import {
  type RefusedConnection,
  SocketIoClient,
  type Transports,
} from "../../support/socketio_client.ts";
import { heard, OPTIONS, setting, WAYS } from "./transport_world.ts";
import { within } from "../../support/within.ts";

Deno.test("Socket.IO tells a refused client the reason", OPTIONS, async () => {
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
    assert.equal(data?.retryAfter, code === "rate_limited" ? 30 : undefined);
  }
});

/** A WebSocket to the engine, for packets that the client library would not send. */
function rawSocket(app: RunningApp): WebSocket {
  return new WebSocket(`${app.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
}

Deno.test(
  "Socket.IO closes the connection when its token expires, and then refuses the token",
  OPTIONS,
  async () => {
    await using world = await setting({ JWT_EXPIRY: "1m" });
    const { app } = world;
    const { fay } = await app.people("fay");
    const options = { reconnection: true, reconnectionDelay: 10 };
    await using client = await SocketIoClient.connect(app.url, fay.token, options);
    const refused = new Promise<RefusedConnection>((resolve) =>
      client.socket.once("connect_error", resolve)
    );
    app.clock.ahead += 60_000;
    assert.equal(await client.closed(), "transport close");
    assert.equal((await refused).data?.code, "token_expired");
  },
);

Deno.test("Socket.IO closes a connection without a valid token", OPTIONS, async () => {
  await using world = await setting({ LIMIT_HELLO_TIME_MS: "500" });
  const { app, eve } = world;
  const closed = [null, `40{"token":"bad"}`].map((packet) => {
    const socket = rawSocket(app);
    if (packet) socket.onopen = () => socket.send(packet);
    return new Promise((resolve) => socket.onclose = resolve);
  });
  await within("both are closed", Promise.all(closed));
  // The time limit ends with a valid token: a client that came before others timed out is still
  // connected.
  const connect = () => SocketIoClient.connect(app.url, eve.token);
  await using client = await eventually("eve is greeted in time, on a busy machine too", connect);
  const silent = rawSocket(app);
  await within("it is closed", new Promise((resolve) => silent.onclose = resolve));
  assert.equal((await client.command("ping")).ok, true);
});

Deno.test(
  "Socket.IO closes a connection whose only socket its client has left",
  OPTIONS,
  async () => {
    await using world = await setting({ LIMIT_HELLO_TIME_MS: "5000" });
    const { app, ann } = world;
    const socket = rawSocket(app);
    let isGreeted = false;
    socket.onopen = () => socket.send(`40${JSON.stringify({ token: ann.token })}`);
    socket.onmessage = ({ data }) => {
      if (!data.startsWith('42["hello"')) return;
      isGreeted = true;
      socket.send("41");
    };
    const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
    const { code } = await within("it is closed", closed);
    assert.deepEqual([isGreeted, code], [true, 4001]);
  },
);

Deno.test(
  "Socket.IO allows one socket for each connection, however often it is requested",
  OPTIONS,
  async () => {
    await using world = await setting({ LIMIT_SOCKETS_PER_USER: "2" });
    const { app, ann } = world;
    const socket = rawSocket(app);
    const packets: string[] = [];
    socket.onmessage = ({ data }) => packets.push(data);
    const connect = `40${JSON.stringify({ token: ann.token })}`;
    socket.onopen = () => {
      for (let i = 0; i < 5; i++) socket.send(connect);
    };
    // Another one is refused while the first is verified, and ends the connection later.
    await eventually("all are answered", () => {
      const answers = packets.filter((packet) => /^4[04]/.test(packet));
      return answers.length === 5 || socket.readyState === WebSocket.CLOSED;
    });
    assert.equal(packets.filter((packet) => packet.startsWith("40")).length, 1);
    socket.close();
    // It left nothing behind: both can connect again.
    const open = () => SocketIoClient.connect(app.url, ann.token);
    await using _first = await eventually("there is room", open);
    await using _second = await eventually("there is room again", open);
  },
);

Deno.test(
  "Socket.IO lets a client close its socket and open another on one connection",
  OPTIONS,
  async () => {
    await using world = await setting({ LIMIT_SOCKETS_PER_USER: "1" });
    const { app, ann, chatId } = world;
    const socket = rawSocket(app);
    const packets: string[] = [];
    socket.onmessage = ({ data }) => packets.push(data);
    await within("it is open", new Promise((resolve) => socket.onopen = resolve));
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
  },
);

Deno.test("Socket.IO disconnects a client that requests a socket repeatedly", OPTIONS, async () => {
  await using world = await setting();
  const { app } = world;
  const open = await fetch(`${app.url}/socket.io/?EIO=4&transport=polling`);
  const { sid } = JSON.parse((await open.text()).slice(1));
  const session = `${app.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
  const body = Array(1_000).fill("40").join("\x1e");
  await (await fetch(session, { method: "POST", body })).text();
  const poll = await fetch(session);
  assert.deepEqual([poll.status, (await poll.json()).message], [400, "Session ID unknown"]);
});

Deno.test("Socket.IO refuses pages of other origins on every path", OPTIONS, async () => {
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
  Deno.test(
    `Socket.IO by ${name}: a frame over the limit ends the connection`,
    OPTIONS,
    async () => {
      await using world = await setting({ LIMIT_FRAME_BYTES: "2048" });
      const { app, ann, chatId } = world;
      await using client = await SocketIoClient.connect(app.url, ann.token, { transports });
      // The limit of a message follows that of the frame.
      const longest = "x".repeat(app.config.limits.textLength);
      assert.equal((await client.command("message.send", { chatId, text: longest })).ok, true);
      client.socket.emit("message.send", { chatId, text: "x".repeat(3000) });
      assert.match(await client.closed(), /^transport (close|error)$/);
    },
  );
}

Deno.test("Socket.IO disconnects a reader that is too slow, and no other", OPTIONS, async () => {
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

Deno.test("Socket.IO disconnects a client that continues after refusals", OPTIONS, async () => {
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

Deno.test("a Socket.IO client that disconnects leaves nothing behind", OPTIONS, async () => {
  await using world = await setting({ LIMIT_SOCKETS_PER_USER: "2" });
  const { app, ann } = world;
  for (let i = 0; i < 6; i++) {
    const client = await eventually(
      "there is room again",
      () => SocketIoClient.connect(app.url, ann.token, { transports: WAYS[i % 3][1] }),
    );
    await client[Symbol.asyncDispose]();
  }
  // A client that disconnects while its token is being verified.
  for (let i = 0; i < 10; i++) SocketIoClient.open(app.url, { token: ann.token }).socket.close();
  const gauge = async () => (await app.client().get("/metrics")).body as string;
  await eventually("none is open", async () => /^realtimechat_sockets 0$/m.test(await gauge()));
  await using _again = await SocketIoClient.connect(app.url, ann.token);
});
