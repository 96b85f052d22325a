import assert from "node:assert/strict";
import { LEAKY } from "../support/leaky.ts";
import { TRANSPORTS } from "../support/transports.ts";
import { eventually } from "../support/eventually.ts";
import type { Person } from "../support/people.ts";
import { RunningApp } from "../support/running_app.ts";
import { WsClient } from "../support/ws_client.ts";
import {
  rawHead,
  RawHttp,
  SOCKET_IO_POLL_PATH,
  SOCKET_IO_WS_PATH,
  UPGRADE,
  WS_PATH,
} from "./raw_http.ts";

/** Payloads meant to cost the server more than they cost their sender. */

const SMALL = { LIMIT_BODY_BYTES: "65536", LIMIT_FRAME_BYTES: "65536" };
const DEPTH = 100_000;
const deep = (open: string, close: string) => open.repeat(DEPTH) + close.repeat(DEPTH);

const DEEP: Record<string, string> = {
  arrays: deep("[", "]"),
  objects: deep('{"a":', "}").replace(":}", ":1}"),
};

async function assertServes(app: RunningApp, person: Person): Promise<void> {
  const { client, welcome } = await WsClient.connect(app.webSocketUrl, person.token);
  await using _client = client;
  assert.equal(welcome.user.id, person.id);
  assert.deepEqual(app.log, []);
}

for (const [what, json] of Object.entries(DEEP)) {
  Deno.test(`REST: deeply nested ${what} are refused`, async () => {
    await using app = await RunningApp.start();
    const { ann } = await app.people("ann");
    for (const body of [json, `{"text":${json}}`, `{"text":"x","more":{"a":${json}}}`]) {
      const headers = { "content-type": "application/json" };
      const answer = await app.client(ann).post("/api/messages", undefined, { headers, body });
      assert.deepEqual([answer.status, answer.body.code], [400, "invalid_request"]);
    }
    await assertServes(app, ann);
  });

  Deno.test(`/ws: deeply nested ${what} are refused at any position`, async () => {
    await using app = await RunningApp.start({ LIMIT_FRAME_BYTES: "1000000" });
    const { ann } = await app.people("ann");
    for (
      const place of [
        '"id":1,"cmd":"ping","data":',
        '"id":1,"data":{},"cmd":',
        '"cmd":"ping","id":',
      ]
    ) {
      const { client } = await WsClient.connect(app.webSocketUrl, ann.token);
      await using _client = client;
      const [reply] = await rawReplies(client, `{${place}${json}}`);
      assert.deepEqual([reply.ok, reply.error?.code], [false, "invalid_request"], place);
      assert.equal((await client.command("ping")).ok, true, "the socket stays open");
    }
    await assertServes(app, ann);
  });

  Deno.test({
    ...LEAKY,
    name: `Socket.IO: deeply nested ${what} are refused at any position`,
    fn: async () => {
      await using app = await RunningApp.start({ LIMIT_FRAME_BYTES: "1000000" });
      const { ann } = await app.people("ann");
      for (const packet of [`421["ping",${json}]`, `421[${json}]`, `40{"token":${json}}`]) {
        const received = await socketIoAnswer(app, ann, packet);
        assert.doesNotMatch(received, /"code":"internal"/, packet.slice(0, 20));
        assert.match(received, /invalid_request|closed/, packet.slice(0, 20));
      }
      await assertServes(app, ann);
    },
  });
}

// deno-lint-ignore no-explicit-any -- tests read replies at any depth
async function rawReplies(client: WsClient, frame: string): Promise<any[]> {
  const before = client.strays.length;
  client.socket.send(frame);
  await eventually("it is answered", () => client.strays.length > before);
  return client.strays.slice(before);
}

/** Returns what a raw socket of the main namespace receives after this packet. */
function socketIoAnswer(app: RunningApp, person: Person, packet: string): Promise<string> {
  const socket = new WebSocket(`${app.url.replace("http", "ws")}${SOCKET_IO_WS_PATH}`);
  const first = packet.startsWith("40") ? packet : `40${JSON.stringify({ token: person.token })}`;
  return new Promise((resolve) => {
    const received: string[] = [];
    const finish = () => {
      socket.close();
      resolve(received.join("\n"));
    };
    socket.onopen = () => socket.send(first);
    socket.onclose = () => received.push("closed") && finish();
    socket.onmessage = ({ data }) => {
      if (/^42\["hello"/.test(data)) socket.send(packet);
      else if (/^4[34]/.test(data)) received.push(data) && finish();
    };
  });
}

Deno.test("REST: a body that is too large is refused, with and without a declared length", async () => {
  await using app = await RunningApp.start(SMALL);
  const { ann } = await app.people("ann");
  const text = "x".repeat(70_000);
  const declared = await app.client(ann).post("/api/messages", { text });
  assert.deepEqual([declared.status, declared.body.code], [413, "payload_too_large"]);
  using connection = await RawHttp.open(app);
  await connection.write(postHead(ann, "Transfer-Encoding: chunked"));
  await connection.write(`11170\r\n${text}\r\n`);
  assert.match(await connection.head(), /^HTTP\/1.1 413 /);
});

Deno.test("sockets: a frame that is too large closes the socket, and affects no other", async () => {
  await using app = await RunningApp.start(SMALL);
  const { ann } = await app.people("ann");
  const { client } = await WsClient.connect(app.webSocketUrl, ann.token);
  client.socket.send(`{"id":1,"cmd":"ping","data":{"a":"${"x".repeat(70_000)}"}}`);
  assert.equal((await client.closed).code, 4002);
  const answer = await socketIoAnswer(app, ann, `421["ping",{"a":"${"x".repeat(70_000)}"}]`);
  assert.equal(answer, "closed");
  const sid = await pollingSession(app);
  const posted = await fetch(`${app.url}${SOCKET_IO_POLL_PATH}&sid=${sid}`, {
    method: "POST",
    body: "4".repeat(70_000),
  });
  await posted.body?.cancel();
  assert.equal(posted.status, 413);
  await assertServes(app, ann);
});

function postHead({ token }: Person, ...headers: string[]): string {
  const lines = ["POST /api/messages HTTP/1.1", "Host: x", `Authorization: Bearer ${token}`];
  return [...lines, "Content-Type: application/json", ...headers, "", ""].join("\r\n");
}

async function pollingSession(app: RunningApp): Promise<string> {
  const answer = await fetch(`${app.url}${SOCKET_IO_POLL_PATH}`);
  return JSON.parse((await answer.text()).slice(1)).sid;
}

Deno.test("REST: a body that trickles in is given up", async () => {
  await using app = await RunningApp.start({ LIMIT_BODY_TIME_MS: "200" });
  const { ann } = await app.people("ann");
  using connection = await RawHttp.open(app);
  await connection.write(postHead(ann, "Content-Length: 60000"));
  let dropping = true;
  const drops = (async () => {
    while (dropping) {
      await connection.write(" ").catch(() => dropping = false);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  assert.match(await connection.head(), /^HTTP\/1.1 408 /);
  dropping = false;
  await drops;
});

Deno.test("/ws: a silent socket is closed", async () => {
  await using app = await RunningApp.start({ LIMIT_HELLO_TIME_MS: "100" });
  const client = await WsClient.open(app.webSocketUrl);
  assert.equal((await client.closed).code, 4001);
});

Deno.test({
  ...LEAKY,
  name:
    "Socket.IO: a session without a token is closed, and a trickling request does not prolong it",
  fn: async () => {
    await using app = await RunningApp.start({ LIMIT_HELLO_TIME_MS: "100" });
    const sid = await pollingSession(app);
    using connection = await RawHttp.open(app);
    const path = `${SOCKET_IO_POLL_PATH}&sid=${sid}`;
    await connection.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n4`);
    assert.match(await connection.head(), /^HTTP\/1.1 400 /);
    await eventually("the session is gone", async () => {
      const late = await fetch(`${app.url}${path}`);
      await late.body?.cancel();
      return late.status === 400;
    });
  },
});

/** Returns a kilobyte that decompresses to a megabyte. */
async function bomb(): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([" ".repeat(1_000_000)]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

Deno.test("REST: nothing is decompressed", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const body = await bomb();
  assert.ok(body.length < 2_000);
  for (
    const coding of ["gzip", "GZIP", "deflate", "br", "gzip, gzip", "identity, gzip", "x-gzip"]
  ) {
    for (
      const [path, type] of [
        ["/api/messages", "application/json"],
        ["/api/media/upload", "multipart/form-data; boundary=x"],
      ]
    ) {
      const headers = { "content-type": type, "content-encoding": coding };
      const answer = await app.client(ann).post(path, undefined, { headers, body });
      assert.deepEqual([answer.status, answer.body.code], [415, "unsupported_media_type"], path);
    }
  }
});

Deno.test("sockets: no compression is negotiated, and no compressed post is read", async () => {
  await using app = await RunningApp.start();
  for (const path of [WS_PATH, SOCKET_IO_WS_PATH]) {
    const head = await rawHead(app, `GET ${path}`, {
      ...UPGRADE,
      "Sec-WebSocket-Extensions":
        "permessage-deflate; client_max_window_bits, x-webkit-deflate-frame",
    });
    assert.match(head, /^HTTP\/1.1 101 /);
    assert.doesNotMatch(head, /sec-websocket-extensions/i);
  }
  const answer = await fetch(`${app.url}${SOCKET_IO_POLL_PATH}&sid=${await pollingSession(app)}`, {
    method: "POST",
    headers: { "content-encoding": "gzip" },
    body: await bomb(),
  });
  await answer.body?.cancel();
  assert.equal(answer.status, 400);
});

/** Inputs that make a backtracking pattern run forever, for each pattern that reads input. */
const TWISTED: [path: string, body: Record<string, unknown>][] = [
  ["/api/auth/register", { username: `${"a".repeat(50_000)}!`, email: "x", password: "x" }],
  ["/api/auth/register", { username: `a${"._-".repeat(20_000)}`, email: "x", password: "x" }],
  ["/api/auth/password/forgot", { email: `${"a.".repeat(120)}@${"a-".repeat(60)}` }],
  ["/api/auth/password/forgot", { email: `${"a".repeat(250)}@` }],
  ["/api/auth/password/forgot", { email: `a@${"a.".repeat(125)}` }],
  ["/api/auth/oauth/start", { provider: "google", redirectUri: `http://${"a".repeat(2_000)}@@` }],
  ["/api/messages/0/react", { emoji: `${"👍\u{1f3fd}\u200d".repeat(5)}a` }],
];

Deno.test("REST: no pattern backtracks catastrophically on its input", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  // Catastrophic backtracking over these would practically never end, and neither would the test.
  for (const [path, body] of TWISTED) {
    const { status } = await app.client(ann).post(path, body);
    assert.equal(status, 400, path);
  }
  for (
    const header of ["bearer " + " ".repeat(8_000) + "x y", "Bearer " + "a".repeat(8_000) + "!"]
  ) {
    const headers = { authorization: header, range: `bytes=${"1".repeat(4_000)}-` };
    assert.equal((await app.client().get("/api/users/profile", { headers })).status, 401);
  }
});

Deno.test("REST: the length and the work of a search are bounded", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const http = app.client(ann);
  const text = "a b c ".repeat(1_600);
  for (let i = 0; i < 5; i++) {
    await app.client(bob).post("/api/messages", { recipientId: ann.id, text });
  }
  const search = async (path: string, q: string) =>
    (await http.get(`${path}?q=${encodeURIComponent(q)}`)).status;
  for (const path of ["/api/messages/search", "/api/users/search"]) {
    assert.equal(await search(path, "x".repeat(201)), 400);
    for (
      const q of [
        "*".repeat(100),
        "a* ".repeat(33),
        "%_".repeat(50),
        "ﷺ".repeat(90),
        "(".repeat(99),
      ]
    ) {
      assert.equal(await search(path, q), 200, `${path} ${q}`);
    }
  }
  const tooLong = await http.get("/api/messages/search?q=a&limit=101");
  assert.equal(tooLong.status, 400, "the page size is bounded");
  assert.deepEqual(app.log, []);
});

for (const transport of TRANSPORTS) {
  Deno.test({
    ...LEAKY,
    name: `${transport.name}: the length of lists is bounded`,
    fn: async () => {
      await using app = await RunningApp.start({ LIMIT_MENTIONS: "5", LIMIT_TEXT_LENGTH: "100" });
      const { ann, bob } = await app.people("ann", "bob");
      await using there = await transport.open(app, ann.token);
      const run = async (name: string, input: Record<string, unknown>) => {
        const operation = app.app.operations.find((one) => one.name === name)!;
        return (await there.run(operation, input)).error?.code ?? "ok";
      };
      const mentions = Array.from({ length: 6 }, () => crypto.randomUUID().replace(/-4/, "-7"));
      const to = { recipientId: bob.id };
      assert.equal(await run("message.send", { ...to, text: "hi", mentions }), "invalid_request");
      assert.equal(await run("message.send", { ...to, text: "x".repeat(101) }), "invalid_request");
      assert.equal(await run("message.send", { ...to, text: "x".repeat(100) }), "ok");
      const userIds = Array.from({ length: 101 }, () => ann.id);
      assert.equal(await run("presence.get", { userIds }), "invalid_request");
    },
  });
}
