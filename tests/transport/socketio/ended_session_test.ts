import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { systemClock } from "../../../src/core/clock.ts";
import { silentLog } from "../../../src/core/log.ts";
import type { Caller } from "../../../src/model/caller.ts";
import type { HelloServices } from "../../../src/transport/hello.ts";
import { SocketIoSession } from "../../../src/transport/socketio/socketio_session.ts";
import { World } from "../../realtime/world.ts";

type Middleware = (event: unknown[], next: () => void) => void;

/** A greeted session on an engine that the test plays: its packets may come after its end. */
async function greetedSession() {
  const world = new World();
  const conn = new EventEmitter();
  const told: string[] = [];
  const commands: unknown[] = [];
  const received: Middleware[] = [];
  const socket = Object.assign(new EventEmitter(), {
    conn,
    handshake: { auth: { token: "ann" }, address: "192.0.2.1", headers: {} },
    use: (each: Middleware) => void received.push(each),
  });
  const caller = { userId: "ann", sessionId: "s", tokenExpiresAt: Infinity } as Caller;
  const services: HelloServices = {
    authenticate: () => Promise.resolve(caller),
    charge: () => Promise.resolve(),
    chargeFurther: () => Promise.resolve(),
    catchUp: {} as HelloServices["catchUp"],
    hub: world.hub,
    clock: systemClock,
    limits: { socketsPerUser: 1 },
  };
  const table = {
    run(_caller: Caller, name: unknown) {
      commands.push(name);
      return Promise.resolve({ ok: true, data: {} });
    },
  };
  const session = new SocketIoSession(
    socket as never,
    {} as never,
    { commands: table as never, services, log: silentLog },
    { closing: () => told.push("closing"), ended: () => told.push("ended") },
  );
  await session.admit();
  session.start();
  const receive = (...event: unknown[]) => received.forEach((each) => each(event, () => {}));
  return { hub: world.hub, socket, conn, told, commands, receive };
}

Deno.test("SocketIoSession runs no command that is delivered after its end", async () => {
  const { socket, hub, commands, receive } = await greetedSession();
  receive("ping", {});
  socket.emit("disconnect");
  let answers = 0;
  receive("message.send", {}, () => answers++);
  assert.deepEqual(commands, ["ping"]);
  assert.deepEqual([hub.size, answers], [0, 0]);
});

Deno.test("SocketIoSession ends once and removes its listeners, with either report of its end", async () => {
  for (const first of ["conn", "socket"] as const) {
    const { hub, told, ...session } = await greetedSession();
    session[first].emit(first === "conn" ? "close" : "disconnect");
    assert.equal(session.conn.listenerCount("close"), 0, first);
    session.socket.emit("disconnect");
    session.conn.emit("close");
    assert.deepEqual(told, ["ended"], first);
    assert.equal(hub.size, 0, first);
  }
});
