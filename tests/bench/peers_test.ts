import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { HttpClient } from "../support/http_client.ts";
import { MongodbServer } from "../support/mongodb_server.ts";
import { skipWithout } from "../support/skip.ts";
import { SocketIoClient } from "../support/socketio_client.ts";
import { startCentrifuge } from "./peers/centrifuge_peer.ts";
import { startExpress } from "./peers/node_peer.ts";
import { RawSocket } from "./raw_socket.ts";

Deno.test({
  name: "the Express peer keeps a message and emits it to the chat's room",
  ignore: skipWithout("mongodb", "npm"),
  // The client's timers outlive its close a little.
  sanitizeOps: false,
  async fn() {
    await using mongodb = await MongodbServer.start({ durable: true });
    await using peer = await startExpress(mongodb.uri("peer"));
    assert.ok(peer);
    await using member = SocketIoClient.open(peer.url, { chatId: "room" });
    await using stranger = SocketIoClient.open(peer.url, { chatId: "another" });
    await Promise.all([member.greeted(), stranger.greeted()]);
    const message = { chatId: "room", senderId: "ann", text: "Hello" };
    const answer = await new HttpClient(peer.url).post("/messages", message);
    assert.equal(answer.status, 201);
    assert.equal(typeof answer.body._id, "string", "the database's id");
    await member.command("message.send", message);
    await eventually("both arrive", () => member.events.length === 2);
    assert.deepEqual(member.events[0], { event: "message.created", ...answer.body });
    assert.deepEqual(stranger.events, []);
  },
});

Deno.test({
  name: "the centrifuge peer fans out what a subscriber of the channel publishes",
  ignore: skipWithout("go"),
  // The sockets' last reads end after their close.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using peer = await startCentrifuge();
    assert.ok(peer);
    const port = Number(new URL(peer.url).port);
    const received: string[] = [];
    const open = () => RawSocket.open(port, "/connection/websocket", (text) => received.push(text));
    const [sender, receiver] = [await open(), await open()];
    for (const socket of [sender, receiver]) {
      await socket.send('{"id":1,"connect":{}}');
      await socket.send('{"id":2,"subscribe":{"channel":"room"}}');
    }
    await eventually("both subscribe", () => count(received, '"subscribe"') === 2);
    await sender.send('{"id":3,"publish":{"channel":"room","data":{"text":"Hello"}}}');
    await eventually("both receive", () => count(received, '"data":{"text":"Hello"}') === 2);
    for (const socket of [sender, receiver]) socket.close();
  },
});

function count(texts: string[], part: string): number {
  return texts.join("\n").split(part).length - 1;
}
