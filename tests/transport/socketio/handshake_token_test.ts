import assert from "node:assert/strict";
import { Socket } from "socket.io";
import { SocketIoClient } from "../../support/socketio_client.ts";
import { OPTIONS, setting, WAYS } from "./transport_world.ts";

for (const [name, transports] of WAYS) {
  Deno.test(
    `Socket.IO by ${name}: a socket keeps neither its token nor its headers`,
    OPTIONS,
    async () => {
      const greeted: Socket[] = [];
      const { emit } = Socket.prototype;
      Socket.prototype.emit = function (event, ...args) {
        if (event === "hello") greeted.push(this as Socket);
        return emit.call(this, event, ...args);
      };
      try {
        await using world = await setting();
        const { app, ann } = world;
        const auth = { token: ann.token };
        await using client = SocketIoClient.open(app.url, auth, { transports });
        await client.greeted();
        const [socket] = greeted;
        const { auth: kept, headers, query } = socket.handshake;
        assert.deepEqual([kept, headers, query], [{}, {}, {}]);
        assert.equal(socket.request ?? null, null);
        assert.ok(!Deno.inspect(socket.handshake, { depth: 5 }).includes(ann.token));
      } finally {
        Socket.prototype.emit = emit;
      }
    },
  );
}
