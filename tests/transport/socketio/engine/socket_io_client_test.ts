import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Socket } from "socket.io-client";
import { encodeEvent, writePreEncoded } from "../../../../src/transport/socketio/engine/mod.ts";
import { eventually } from "../../../support/eventually.ts";
import { SocketIoServer, type Transports } from "./socket_io_server.ts";
import { within } from "../../../support/within.ts";

/** Timers and connections of the client library outlive its `close()` a little. */
const OPTIONS = { sanitizeOps: false, sanitizeResources: false };

const WAYS: [name: string, transports: Transports][] = [
  ["WebSocket", ["websocket"]],
  ["polling", ["polling"]],
  ["polling with the upgrade", ["polling", "websocket"]],
];

for (const [name, transports] of WAYS) {
  Deno.test(`by ${name}: events, acknowledgements and binary`, OPTIONS, async () => {
    await using server = new SocketIoServer();
    server.io.on("connection", (socket) => {
      socket.on("echo", (...args) => args.pop()(...args));
      socket.on("shout", (...args) => server.io.emit("shouted", ...args));
    });
    const client = await server.connect(transports);
    const text = await client.timeout(20_000).emitWithAck("echo", ["…", 1]);
    assert.deepEqual(text, ["…", 1]);
    const shouted = new Promise<unknown[]>((resolve) =>
      client.once("shouted", (...args) => resolve(args))
    );
    client.emit("shout", { bytes: Buffer.from([1, 2]) });
    const [{ bytes }] = await shouted as [{ bytes: Uint8Array }];
    assert.deepEqual([...bytes], [1, 2]);
  });

  Deno.test(`by ${name}: 500 events in each direction keep their order`, OPTIONS, async () => {
    await using server = new SocketIoServer();
    const [up, down]: number[][] = [[], []];
    server.io.on("connection", (socket) => {
      socket.on("up", (n) => {
        up.push(n);
        socket.emit("down", n);
      });
    });
    const client = await server.connect(transports);
    client.on("down", (n) => down.push(n));
    const expected = Array.from({ length: 500 }, (_, n) => n);
    for (const n of expected) client.emit("up", n);
    await eventually("all have come back", () => down.length === 500);
    assert.deepEqual([up, down], [expected, expected]);
  });

  Deno.test(`by ${name}: a drain makes the client reconnect`, OPTIONS, async () => {
    await using server = new SocketIoServer();
    const client = await server.connect(transports);
    const reason = new Promise((resolve) => client.once("disconnect", resolve));
    await server.engine.drain();
    assert.ok(["transport close", "transport error"].includes(String(await reason)));
    assert.equal(client.active, true);
  });

  Deno.test(`by ${name}: pre-encoded and ordinary events share one order`, OPTIONS, async () => {
    await using server = new SocketIoServer();
    const client = await server.connect(transports);
    const seen = collect(client, "n");
    const [socket] = [...server.io.sockets.sockets.values()];
    for (let n = 0; n < 100; n += 2) {
      writePreEncoded(socket.conn, encodeEvent("n", [n]));
      socket.emit("n", n + 1);
      if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await eventually("all have come", () => seen.length === 100);
    assert.deepEqual(seen, Array.from({ length: 100 }, (_, n) => n));
  });
}

Deno.test("a client that starts with polling ends on a WebSocket", OPTIONS, async () => {
  await using server = new SocketIoServer();
  const client = await server.connect(["polling", "websocket"]);
  await eventually("it has been upgraded", () => client.io.engine.transport.name === "websocket");
  const [session] = [...server.io.sockets.sockets.values()];
  await eventually("the server knows it", () => session.conn.transport.name === "websocket");
});

Deno.test(
  "a broadcast to many clients is identical for all, and received once",
  OPTIONS,
  async () => {
    await using server = new SocketIoServer();
    const clients = await Promise.all(WAYS.map(([, transports]) => server.connect(transports)));
    const heard = clients.map((client) => collect(client, "news"));
    for (let n = 0; n < 20; n++) server.io.emit("news", n);
    await eventually("all have heard", () => heard.every((one) => one.length === 20));
    const expected = Array.from({ length: 20 }, (_, n) => n);
    assert.deepEqual(heard, [expected, expected, expected]);
  },
);

Deno.test("a pre-encoded event of another namespace arrives there", OPTIONS, async () => {
  await using server = new SocketIoServer();
  const arrived = new Promise((resolve) =>
    server.io.of("/custom").on(
      "connection",
      (socket) => writePreEncoded(socket.conn, encodeEvent("hi", [{ a: 1 }], "/custom")),
    )
      .on("connection", resolve)
  );
  const client = await server.connect(["websocket"]);
  const custom = client.io.socket("/custom");
  const heard = new Promise((resolve) => custom.once("hi", resolve));
  custom.connect();
  await arrived;
  assert.deepEqual(await heard, { a: 1 });
  custom.close();
});

Deno.test("a session is recovered after a break, with the missed events", OPTIONS, async () => {
  const recovery = { maxDisconnectionDuration: 60_000 };
  await using server = new SocketIoServer({ connectionStateRecovery: recovery });
  const client = await server.connect(["websocket"]);
  const heard = collect(client, "news");
  server.io.emit("news", 1);
  await eventually("the first has come", () => heard.length === 1);
  const { id } = client;
  const gone = new Promise((resolve) => client.once("disconnect", resolve));
  const back = new Promise((resolve) => client.once("connect", () => resolve(null)));
  const [socket] = [...server.io.sockets.sockets.values()];
  server.engine.closeSession(socket.conn, 4000, "cut");
  await gone;
  server.io.emit("news", 2);
  await back;
  await eventually("the missed one has come", () => heard.length === 2);
  assert.deepEqual([client.recovered, client.id, heard], [true, id, [1, 2]]);
});

Deno.test(
  "a middleware of Socket.IO refuses with its data, on both transports",
  OPTIONS,
  async () => {
    await using server = new SocketIoServer();
    server.io.use((_socket, next) => {
      next(Object.assign(new Error("No token"), { data: { code: "unauthenticated" } }));
    });
    for (const [, transports] of WAYS) {
      const client = server.client(transports);
      const error = await within(
        "the connection is refused",
        new Promise<Error & { data?: unknown }>((resolve) => client.once("connect_error", resolve)),
      );
      assert.deepEqual([error.message, error.data], ["No token", { code: "unauthenticated" }]);
    }
  },
);

/** Returns an array that collects the first argument of every such event. */
function collect(client: Socket, event: string): unknown[] {
  const seen: unknown[] = [];
  client.on(event, (value) => seen.push(value));
  return seen;
}
