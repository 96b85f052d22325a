import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { buildPage } from "../../src/web/build/build_page.ts";
import { MINIMUM_DENO_VERSION } from "../../src/core/deno_version.ts";
import { DenokvServer } from "../support/denokv_server.ts";
import { within } from "../support/within.ts";
import { eventually } from "../support/eventually.ts";
import { HttpClient } from "../support/http_client.ts";
import { MongodbServer } from "../support/mongodb_server.ts";
import { flag } from "../support/pictures.ts";
import { ServerProcess } from "../support/server_process.ts";
import { oldestDeno } from "../support/oldest_deno.ts";
import { requireService } from "../support/services.ts";
import { skipWithout } from "../support/skip.ts";
import { SocketIoClient, type Transports } from "../support/socketio_client.ts";
import { download, upload } from "../support/uploads.ts";
import { s3Environment, startS3 } from "../support/versitygw.ts";
import { WsClient } from "../support/ws_client.ts";

/**
 * The server on the oldest Deno that it supports, started as Deno Deploy starts it: no flags except
 * full permissions, MongoDB, S3, and a `denokv` server in place of Deploy's own KV.
 */

const SECRETS = {
  JWT_SECRET: "the-access-secret-of-the-tests-is-long-enough",
  JWT_REFRESH_SECRET: "the-refresh-secret-of-the-tests-is-long-enough",
};

const SOCKET_IO: Record<string, Transports> = {
  polling: ["polling"],
  websocket: ["websocket"],
  upgrade: ["polling", "websocket"],
};

interface Member {
  id: string;
  token: string;
}

interface Deployment {
  server: ServerProcess;
  ann: Member;
  bob: Member;
  /** Returns the direct chat of the two people. */
  chatId: string;
}

async function startDeployment(stack: AsyncDisposableStack): Promise<ServerProcess> {
  // The build command of a deployment does this too.
  await buildPage();
  const mongodb = stack.use(await MongodbServer.start());
  const denokv = stack.use(await DenokvServer.start());
  const s3 = await startS3(requireService("s3"));
  stack.defer(() => s3.stop());
  const env = {
    ...SECRETS,
    ...denokv.env,
    ...s3Environment(s3),
    DENO_DEPLOYMENT_ID: "tests",
    MONGODB_URI: mongodb.uri("deploy"),
    HOST: "127.0.0.1",
    BCRYPT_COST: "10",
  };
  return stack.use(await ServerProcess.start({ env, deno: oldestDeno() }));
}

async function register({ url }: ServerProcess, username: string): Promise<Member> {
  const input = { username, email: `${username}@example.org`, password: "correct horse battery" };
  const { status, body } = await new HttpClient(url).post("/api/auth/register", input);
  assert.equal(status, 201, JSON.stringify(body));
  return { id: body.user.id, token: body.accessToken };
}

async function beginChat(server: ServerProcess): Promise<Deployment> {
  const [ann, bob] = [await register(server, "ann"), await register(server, "bob")];
  const sent = await sendOverRest({ server, ann }, { recipientId: bob.id, text: "hello" });
  return { server, ann, bob, chatId: sent.chatId };
}

async function sendOverRest({ server, ann }: Pick<Deployment, "server" | "ann">, input: object) {
  const { status, body } = await new HttpClient(server.url, ann.token).post("/api/messages", input);
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

async function restServesHistoryAndDocuments({ server, bob, chatId }: Deployment): Promise<void> {
  const http = new HttpClient(server.url, bob.token);
  const { body } = await http.get(`/api/messages/${chatId}?after=0`);
  assert.deepEqual(body.items.map(({ text }: { text: string }) => text), ["hello"]);
  const paths = ["/", "/docs", "/docs/swagger-ui.css", "/api/openapi.json", "/api/asyncapi.json"];
  for (const path of paths) assert.equal((await http.get(path)).status, 200, path);
  assert.equal((await http.get("/readyz")).body.status, "ready");
}

async function wsDeliversBothWays({ server, ann, bob, chatId }: Deployment): Promise<void> {
  const { client: left } = await WsClient.connect(server.webSocketUrl, ann.token);
  const { client: right } = await WsClient.connect(server.webSocketUrl, bob.token, {});
  assert.equal(left.socket.protocol, "realtimechat.v1");
  const { ok } = await left.command("message.send", { chatId, text: "by ws", clientId: "ws" });
  assert.equal(ok, true);
  for (const { events } of [left, right]) {
    await eventually("the message arrives", () => hasText(events, "by ws"));
  }
  await Promise.all([left.close(), right.close()]);
}

async function socketIoDelivers(
  { server, ann, bob, chatId }: Deployment,
  name: string,
): Promise<void> {
  const transports = SOCKET_IO[name];
  await using left = await SocketIoClient.connect(server.url, ann.token, { transports });
  await using right = await SocketIoClient.connect(server.url, bob.token, { transports });
  const last = transports.at(-1);
  await eventually("the transport is the last one", () => right.transport === last);
  const text = `by ${name}`;
  const sent = await left.command("message.send", { chatId, text, clientId: name });
  assert.equal(sent.ok, true, JSON.stringify([sent, left.disconnects]));
  await eventually("the message arrives", () => hasText(right.events, text));
}

function hasText(events: readonly { event: string; data?: unknown }[], text: string): boolean {
  return events.some(({ event, data }) =>
    event === "message.created" && (data as { text: string }).text === text
  );
}

async function mediaGoesToS3AndBack({ server, ann, bob, chatId }: Deployment): Promise<void> {
  const picture = await flag(64, 48, ".png");
  const uploaded = await upload(server, ann, picture, { name: "flag.png" });
  assert.equal(uploaded.status, 201, JSON.stringify(uploaded.body));
  const { id, kind, width } = uploaded.body;
  assert.deepEqual([kind, width], ["image", 64]);
  await sendOverRest({ server, ann }, { chatId, mediaIds: [id] });
  const { status, body } = await download(server, bob, id);
  assert.equal(status, 200);
  assert.equal(Buffer.from(body).subarray(1, 4).toString("latin1"), "PNG");
}

async function drainTellsEveryoneToReconnect({ server, ann, bob }: Deployment): Promise<void> {
  const { client } = await WsClient.connect(server.webSocketUrl, ann.token);
  await using other = await SocketIoClient.connect(server.url, bob.token);
  const exit = server.kill("SIGINT");
  assert.equal((await within("the WebSocket closes", client.closed)).code, 1012);
  assert.equal(await within("Socket.IO disconnects", other.closed()), "transport close");
  const ended = await within("the process ends", exit);
  assert.deepEqual(ended, { code: 0, signal: null }, server.log);
}

Deno.test({
  name:
    `Deno ${MINIMUM_DENO_VERSION} serves REST, sockets and media, and drains, as on Deno Deploy`,
  ignore: skipWithout("oldestDeno", "mongodb", "denokv", "s3"),
  // The Socket.IO client's timers outlive its close a little.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using stack = new AsyncDisposableStack();
    const server = await startDeployment(stack);
    const deployment = await beginChat(server);
    await t.step("REST", () => restServesHistoryAndDocuments(deployment));
    await t.step("/ws", () => wsDeliversBothWays(deployment));
    for (const name of Object.keys(SOCKET_IO)) {
      await t.step(`Socket.IO by ${name}`, () => socketIoDelivers(deployment, name));
    }
    await t.step("media", () => mediaGoesToS3AndBack(deployment));
    await t.step("drain", () => drainTellsEveryoneToReconnect(deployment));
    const faults = server.log.split("\n").filter((line) => line.includes('"level":"error"'));
    assert.deepEqual(faults, []);
  },
});

Deno.test({
  name: `Deno ${MINIMUM_DENO_VERSION} reports before it serves that its SQLite cannot be used`,
  ignore: skipWithout("oldestDeno"),
  fn: async () => {
    const starting = ServerProcess.start({ env: { NODE_ENV: "test" }, deno: oldestDeno() });
    await assert.rejects(
      starting,
      /Cannot start the server: Cannot use SQLite on Deno 2\.5\.0: .*MONGODB_URI/,
    );
  },
});

Deno.test({
  name: `the tasks report on Deno ${MINIMUM_DENO_VERSION} that they need a newer one`,
  ignore: skipWithout("oldestDeno"),
  fn: async () => {
    const flags = ["--quiet", "--allow-env", "--allow-read", "--allow-run"];
    const { code, stderr } = await new Deno.Command(oldestDeno(), {
      args: ["run", ...flags, "src/launch.ts", "dev"],
    }).output();
    const text = new TextDecoder().decode(stderr);
    assert.equal(code, 78, text);
    assert.match(text, /^Cannot launch the server on Deno 2\.5\.0: the tasks need a newer one/);
  },
});
