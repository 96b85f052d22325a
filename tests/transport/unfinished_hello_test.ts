import assert from "node:assert/strict";
import { AppError } from "../../src/core/errors.ts";
import { eventually } from "../support/eventually.ts";
import { RawWebSocket } from "../support/raw_web_socket.ts";
import { HeldTransports } from "./held_transports.ts";

/**
 * Hellos that fail, break off or come twice while the services are held: none may leave a ghost.
 */

const SOCKET_IO = "/socket.io/?EIO=4&transport=websocket";

/** A connection that says hello in the way of its transport, and on request more. */
interface Transport {
  name: string;
  open(transports: HeldTransports): Promise<RawWebSocket>;
  hello(socket: RawWebSocket, token: string): Promise<void>;
  /** Begins the reply to a hello. */
  reply: string;
  /** Resolves once a second hello was refused. */
  refused(socket: RawWebSocket): Promise<void>;
}

const TRANSPORTS: Transport[] = [
  {
    name: "/ws",
    open: (transports) => RawWebSocket.open(transports.webSocketUrl),
    hello: (socket, token) => socket.command(1, "hello", { token }),
    reply: '{"id":1,"ok":true',
    refused: async (socket) => assert.equal(await socket.closeCode(), 4002),
  },
  {
    name: "Socket.IO",
    open: (transports) => RawWebSocket.open(transports.url.replace("http", "ws") + SOCKET_IO),
    hello: (socket, token) => socket.send(`40${JSON.stringify({ token })}`),
    reply: '42["hello",',
    async refused(socket) {
      while (!(await nextText(socket)).startsWith("44"));
    },
  },
];

/** Timers of the engine's sessions end with the drain. */
const OPTIONS = { sanitizeOps: false, sanitizeResources: false };

/** Requires that nothing of ann is left in the hub, in presence and in the counts. */
async function assertAsBefore(transports: HeldTransports): Promise<void> {
  const { hub } = transports.world;
  await eventually("no hello is under way", () => transports.waiting === 0);
  await eventually("the hub is as before", () => hub.size === 0 && !hub.isConnected("ann"));
  await eventually("the counts are as before", () => transports.admission.addresses === 0);
  assert.equal(transports.ws.size, 0);
  await eventually("no connection is kept", () => transports.ws.connections === 0);
  assert.deepEqual(
    transports.presence.filter((each) => each === "+ann").length,
    transports.presence.length / 2,
  );
}

const FAILURES = {
  "a service is away": new AppError("unavailable", "The database is away"),
  "a service has a fault": new TypeError("The profile has no name"),
};

/** Returns the text of the next frame. */
async function nextText(socket: RawWebSocket): Promise<string> {
  const frame = await socket.next();
  assert.ok(frame, "the connection stays");
  return new TextDecoder().decode(frame.payload);
}

for (const { name, open, hello, refused, reply } of TRANSPORTS) {
  /** Returns a socket whose hello the held services keep waiting. */
  const underWay = async (transports: HeldTransports): Promise<RawWebSocket> => {
    const socket = await open(transports);
    await hello(socket, "ann");
    await eventually("it is under way", () => transports.waiting === 1);
    if (name === "/ws") assert.ok(transports.ws.connections > 0, "it counts");
    return socket;
  };

  Deno.test(
    `${name}: events that waited for a hello follow its reply, and its end leaves nothing behind`,
    OPTIONS,
    async () => {
      await using transports = new HeldTransports();
      const { world } = transports;
      const chatId = world.chat("ann", "bob");
      const letGo = world.hold("heads");
      using socket = await open(transports);
      await hello(socket, "ann");
      await eventually("its room is being opened", () => world.hub.held.rooms === 1);
      world.hub.commit(world.write(chatId, { say: "meanwhile" }));
      letGo();
      const texts: string[] = [];
      while (!texts.at(-1)?.includes('"message.created"')) texts.push(await nextText(socket));
      assert.ok(texts.slice(0, -1).some((text) => text.startsWith(reply)), texts.join("\n"));
      socket[Symbol.dispose]();
      await assertAsBefore(transports);
    },
  );

  for (const [what, failure] of Object.entries(FAILURES)) {
    Deno.test(
      `${name}: a hello that fails because ${what} leaves nothing behind`,
      OPTIONS,
      async () => {
        await using transports = new HeldTransports();
        const letGo = transports.hold();
        using socket = await underWay(transports);
        assert.equal(transports.world.hub.size, 1);
        letGo(failure);
        // The close does not ask for an immediate reconnect: the fault may last.
        assert.equal(await socket.closeCode(), 1013);
        socket[Symbol.dispose]();
        await assertAsBefore(transports);
      },
    );
  }

  Deno.test(
    `${name}: a hello leaves nothing behind when its connection breaks`,
    OPTIONS,
    async () => {
      await using transports = new HeldTransports();
      const letGo = transports.hold();
      const socket = await underWay(transports);
      socket[Symbol.dispose]();
      await eventually("the break is noticed", () => transports.admission.addresses === 0);
      letGo();
      await assertAsBefore(transports);
    },
  );

  Deno.test(
    `${name}: a hello leaves nothing behind when the server closes its connection`,
    OPTIONS,
    async () => {
      await using transports = new HeldTransports();
      const letGo = transports.hold();
      using socket = await underWay(transports);
      transports.world.hub.endSessions(["session of ann"]);
      // At once, though the peer has not answered the close and need not do so.
      await new Promise((resolve) => setTimeout(resolve));
      assert.equal(transports.admission.addresses, 0, "it does not count any more");
      letGo();
      socket[Symbol.dispose]();
      await assertAsBefore(transports);
    },
  );

  Deno.test(
    `${name}: a repeated hello is refused, and leaves one connection, or none`,
    OPTIONS,
    async () => {
      await using transports = new HeldTransports();
      const letGo = transports.hold();
      using socket = await open(transports);
      await hello(socket, "ann");
      await hello(socket, "ann");
      await refused(socket);
      assert.equal(transports.waiting, 1, "the first is under way");
      letGo();
      await eventually("it is answered", () => transports.waiting === 0);
      assert.ok(transports.world.hub.size <= 1);
      // On /ws the refusal has closed the socket; on Socket.IO the connection ends later.
      socket[Symbol.dispose]();
      await assertAsBefore(transports);
    },
  );

  Deno.test(
    `${name}: a connection counts as one before hello until its hello is answered`,
    OPTIONS,
    async () => {
      await using transports = new HeldTransports({ socketsBeforeHello: 1 });
      const letGo = transports.hold();
      using _socket = await underWay(transports);
      assert.throws(() => transports.admission.check("127.0.0.1"), { code: "rate_limited" });
      letGo();
      // A shorter time than the one after which unanswered pings end the connection.
      await eventually("one more may come", () => {
        transports.admission.check("127.0.0.1");
        return true;
      }, { within: 10_000 });
    },
  );
}

Deno.test(
  "/ws: a command before the reply to hello is a fault of the client, not of its token",
  OPTIONS,
  async () => {
    await using transports = new HeldTransports();
    const letGo = transports.hold();
    using socket = await RawWebSocket.open(transports.webSocketUrl);
    await socket.command(1, "hello", { token: "ann" });
    await eventually("it is under way", () => transports.waiting === 1);
    await socket.command(2, "ping", {});
    const { error } = JSON.parse(await nextText(socket));
    assert.equal(error.code, "invalid_request");
    assert.match(error.detail, /hello is not answered yet/);
    assert.equal(await socket.closeCode(), 4002);
    letGo();
    socket[Symbol.dispose]();
    await assertAsBefore(transports);
  },
);

Deno.test("Socket.IO: a refused hello may be repeated on its connection", OPTIONS, async () => {
  await using transports = new HeldTransports();
  const [, { open, hello, refused }] = TRANSPORTS;
  using socket = await open(transports);
  await hello(socket, "invalid");
  await refused(socket);
  await hello(socket, "ann");
  await eventually("the second hello succeeds", () => transports.world.hub.isConnected("ann"));
  socket[Symbol.dispose]();
  await assertAsBefore(transports);
});

Deno.test(
  "Socket.IO: a socket that the server closes leaves the hub before its client polls again",
  OPTIONS,
  async () => {
    await using transports = new HeldTransports();
    const { hub } = transports.world;
    const polling = `${transports.url}/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await (await fetch(polling)).text()).slice(1));
    const body = `40${JSON.stringify({ token: "ann" })}`;
    assert.equal(
      await (await fetch(`${polling}&sid=${sid}`, { method: "POST", body })).text(),
      "ok",
    );
    await eventually("its hello is answered", () => transports.waiting === 0 && hub.size === 1);
    // The session goes on, so no packet disconnects its socket: the next poll ends the connection.
    for (const { sink } of hub.connectionsOf("ann")) sink.close("rate_limited");
    await new Promise((resolve) => setTimeout(resolve));
    assert.deepEqual([hub.size, transports.admission.addresses], [0, 0]);
  },
);
