import assert from "node:assert/strict";
import { closeAndReadOn, dropConnection } from "../../src/core/server_socket.ts";
import { eventually } from "../support/eventually.ts";
import { RawWebSocket } from "../support/raw_web_socket.ts";
import { within } from "../support/within.ts";

const WRITERS = 20;

/** Starts a server that collects its sockets and counts the closed ones. */
function socketServer() {
  const sockets: WebSocket[] = [];
  const counts = { closed: 0, received: 0 };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = () => counts.received++;
    socket.onclose = () => counts.closed++;
    sockets.push(socket);
    return response;
  });
  return {
    url: `ws://127.0.0.1:${server.addr.port}/`,
    sockets,
    counts,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("closeAndReadOn delivers its code to peers that never stop writing", async () => {
  await using server = socketServer();
  const codes: Promise<number>[] = [];
  const clients = Array.from({ length: WRITERS }, () => {
    const client = new WebSocket(server.url);
    codes.push(new Promise((resolve) => client.onclose = ({ code }) => resolve(code)));
    return client;
  });
  const writing = setInterval(() => {
    const open = clients.filter(({ readyState }) => readyState === WebSocket.OPEN);
    for (const client of open) for (let i = 0; i < 20; i++) client.send("x".repeat(20_000));
  }, 1);
  await eventually("all are writing", () => server.counts.received > WRITERS * 100);
  for (const socket of server.sockets) closeAndReadOn(socket, 4029, "rate_limited");
  const closed = await within("all clients are closed", Promise.all(codes));
  clearInterval(writing);
  assert.deepEqual(closed, Array(WRITERS).fill(4029));
  await eventually("all sockets are closed", () => server.counts.closed === WRITERS);
});

Deno.test("dropConnection ends the connection of a peer that ignores the close", async () => {
  await using server = socketServer();
  using peer = await RawWebSocket.open(server.url);
  await eventually("it is open", () => server.sockets[0].readyState === WebSocket.OPEN);
  closeAndReadOn(server.sockets[0], 4008, "slow_reader");
  assert.equal(await within("the close frame comes", peer.closeCode()), 4008);
  assert.equal(dropConnection(server.sockets[0]), true);
  assert.equal(await within("the connection ends", peer.next()), null);
  await eventually("the socket is closed", () => server.counts.closed === 1);
});
