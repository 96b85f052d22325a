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
  /** Resolves once a second hello was refused. */
  refused(socket: RawWebSocket): Promise<void>;
}

const TRANSPORTS: Transport[] = [
  {
    name: "/ws",
    open: (transports) => RawWebSocket.open(transports.webSocketUrl),
    hello: (socket, token) => socket.command(1, "hello", { token }),
    refused: async (socket) => assert.equal(await socket.closeCode(), 4001),
  },
  {
    name: "Socket.IO",
    open: (transports) => RawWebSocket.open(transports.url.replace("http", "ws") + SOCKET_IO),
    hello: (socket, token) => socket.send(`40${JSON.stringify({ token })}`),
    async refused(socket) {
      for (let text = ""; !text.startsWith("44");) {
        const frame = await socket.next();
        assert.ok(frame, "the connection stays");
        text = new TextDecoder().decode(frame.payload);
      }
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

for (const { name, open, hello, refused } of TRANSPORTS) {
  Deno.test(`${name}: a failing hello leaves nothing behind`, OPTIONS, async () => {
    await using transports = new HeldTransports();
    const letGo = transports.hold();
    using socket = await open(transports);
    await hello(socket, "ann");
    await eventually("it is under way", () => transports.waiting === 1);
    assert.equal(transports.world.hub.size, 1);
    letGo(new AppError("unavailable", "The database is away"));
    // The close does not ask for an immediate reconnect: the fault may last.
    assert.equal(await socket.closeCode(), 1013);
    socket[Symbol.dispose]();
    await assertAsBefore(transports);
  });

  Deno.test(
    `${name}: a hello leaves nothing behind when its connection breaks`,
    OPTIONS,
    async () => {
      await using transports = new HeldTransports();
      const letGo = transports.hold();
      const socket = await open(transports);
      await hello(socket, "ann");
      await eventually("it is under way", () => transports.waiting === 1);
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
      using socket = await open(transports);
      await hello(socket, "ann");
      await eventually("it is under way", () => transports.waiting === 1);
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
      using socket = await open(transports);
      await hello(socket, "ann");
      await eventually("it is under way", () => transports.waiting === 1);
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
