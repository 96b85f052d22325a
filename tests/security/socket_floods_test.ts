import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { LEAKY } from "../support/leaky.ts";
import { RawWebSocket } from "../support/raw_web_socket.ts";
import { RunningApp } from "../support/running_app.ts";
import { SocketIoClient } from "../support/socketio_client.ts";
import { within } from "../support/within.ts";
import { WsClient } from "../support/ws_client.ts";
import { rawHead, SOCKET_IO_POLL_PATH, SOCKET_IO_WS_PATH, UPGRADE, WS_PATH } from "./raw_http.ts";

/** Every way to open a socket, with the headers that it needs. */
const OPENINGS: [path: string, headers: Record<string, string>][] = [
  [WS_PATH, UPGRADE],
  [SOCKET_IO_WS_PATH, UPGRADE],
  [SOCKET_IO_POLL_PATH, {}],
];

/** Returns the current status of each way. */
async function statuses(app: RunningApp): Promise<number[]> {
  const heads = [];
  for (const [path, headers] of OPENINGS) heads.push(await rawHead(app, `GET ${path}`, headers));
  return heads.map((head) => Number(head.split(" ")[1]));
}

/** Returns the number of open sockets by the server's own count. */
async function openSockets(app: RunningApp): Promise<number> {
  const { body } = await app.client().get("/metrics");
  return Number(/^realtimechat_sockets (\d+)$/m.exec(body)![1]);
}

Deno.test({
  ...LEAKY,
  name: "sockets without a hello are bounded per address, over all transports together",
  fn: async () => {
    await using app = await RunningApp.start({ LIMIT_SOCKETS_BEFORE_HELLO: "3" });
    const { ann } = await app.people("ann");
    const one = await RawWebSocket.open(app.webSocketUrl);
    using _two = await RawWebSocket.open(app.url.replace("http", "ws") + SOCKET_IO_WS_PATH);
    const poll = await fetch(app.url + SOCKET_IO_POLL_PATH);
    await poll.body?.cancel();
    assert.deepEqual(await statuses(app), [429, 429, 429]);
    assert.equal((await app.client(ann).get("/api/users/profile")).status, 200);
    one[Symbol.dispose]();
    const { client } = await eventually(
      "there is room again",
      () => WsClient.connect(app.webSocketUrl, ann.token),
    );
    // A socket that has sent hello does not count among the silent ones.
    using _three = await RawWebSocket.open(app.webSocketUrl);
    assert.deepEqual(await statuses(app), [429, 429, 429]);
    await client.close();
  },
});

Deno.test({
  ...LEAKY,
  name: "the sockets of an address are bounded, for all users together",
  fn: async () => {
    await using app = await RunningApp.start({ LIMIT_SOCKETS_PER_ADDRESS: "2" });
    const { ann, bob } = await app.people("ann", "bob");
    const { client } = await WsClient.connect(app.webSocketUrl, ann.token);
    await using _ = client;
    await using _other = await SocketIoClient.connect(app.url, bob.token);
    assert.deepEqual(await statuses(app), [429, 429, 429]);
  },
});

Deno.test("no socket is accepted above the memory limit, and REST still works", async () => {
  // The smallest possible limit: a server under test already uses more than that.
  await using app = await RunningApp.start({ LIMIT_SOCKET_MEMORY_BYTES: "67108864" });
  assert.deepEqual(await statuses(app), [503, 503, 503]);
  const head = await rawHead(app, `GET ${WS_PATH}`, UPGRADE);
  assert.match(head, /^retry-after: 10$/im);
  assert.equal((await app.client().get("/healthz")).status, 200);
});

Deno.test("a peer that ignores the close is removed from hub, count and presence at once, and dropped", async () => {
  await using app = await RunningApp.start({ LIMIT_PRESENCE_GRACE_MS: "0" });
  const { ann, bob } = await app.people("ann", "bob");
  await app.client(ann).post("/api/messages", { recipientId: bob.id, text: "hi" });
  const { client } = await WsClient.connect(app.webSocketUrl, bob.token);
  await using _ = client;
  using deaf = await RawWebSocket.open(app.webSocketUrl);
  await deaf.command(1, "hello", { token: ann.token });
  await eventually("ann is online", () => isAnnounced(client, ann.id, "online"));
  await deaf.send("no JSON");
  await eventually("ann is offline", () => isAnnounced(client, ann.id, "offline"));
  assert.equal(await openSockets(app), 1);
  assert.equal(await within("the close frame arrives", deaf.closeCode()), 4002);
  assert.equal(await within("the connection is dropped", deaf.next()), null);
});

function isAnnounced({ events }: WsClient, userId: string, state: string): boolean {
  const last = events.findLast(({ event, data }) =>
    event === "presence" && (data as { userId: string }).userId === userId
  );
  return (last?.data as { state?: string } | undefined)?.state === state;
}

Deno.test({
  ...LEAKY,
  name: "a Socket.IO connection that does not reopen a socket is closed",
  fn: async () => {
    await using app = await RunningApp.start({ LIMIT_HELLO_TIME_MS: "300" });
    const { ann } = await app.people("ann");
    const url = app.url.replace("http", "ws") + SOCKET_IO_WS_PATH;
    const socket = new WebSocket(url);
    const closed = new Promise<number>((resolve) => socket.onclose = ({ code }) => resolve(code));
    socket.onmessage = ({ data }) => {
      if (data.startsWith("0")) socket.send(`40${JSON.stringify({ token: ann.token })}`);
      if (data.startsWith('42["hello"')) socket.send("41");
    };
    assert.equal(await within("the connection is closed", closed), 4001);
    assert.equal(await openSockets(app), 0);
  },
});
