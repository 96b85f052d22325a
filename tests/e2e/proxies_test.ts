import assert from "node:assert/strict";
import { CatchingUpClient } from "../support/catching_up_client.ts";
import { Cluster, type Person } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { HttpClient } from "../support/http_client.ts";
import { PROXIES, type ProxyKind, ProxyServer } from "../support/proxy_server.ts";
import { skipWithout } from "../support/skip.ts";
import { SocketIoClient, type Transports } from "../support/socketio_client.ts";
import { TempDir } from "../support/temp_dir.ts";
import { bytesRequest } from "../support/uploads.ts";
import { within } from "../support/within.ts";

/**
 * Proxies with the configurations that src/deploy ships, in front of two instances of the real
 * program.
 */

const CLIENTS = 10;
const MIB = 1024 * 1024;

interface Site extends AsyncDisposable {
  cluster: Cluster;
  proxy: ProxyServer;
}

async function openSite(kind: ProxyKind): Promise<Site> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await TempDir.make("site"));
  const env = {
    // Uploads are on a disk that both instances share.
    DATA_DIR: folder.join("data"),
    TRUSTED_PROXY: "x-forwarded-for:1",
    LOG_LEVEL: "info",
    LIMIT_SOCKETS_PER_ADDRESS: "1000",
  };
  const cluster = stack.use(await Cluster.start({ broker: "mongo", env }));
  const [first, second] = cluster.instances.map(({ url }) => Number(new URL(url).port));
  const proxy = stack.use(await ProxyServer.start(kind, [first, second]));
  const opened = stack.move();
  return { cluster, proxy, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function client(proxy: ProxyServer, { token }: Person): Promise<CatchingUpClient> {
  return new CatchingUpClient({ urls: [proxy.webSocketUrl], token, retryMs: 10 }).start();
}

async function passesSocketsAndPollingOn({ cluster, proxy }: Site): Promise<void> {
  const [ann, bob] = [await cluster.register("ann"), await cluster.register("bob")];
  const chatId = await cluster.group(ann, [bob]);
  await using ws = await client(proxy, ann);
  // The official client connects like this: polling first, and then the upgrade.
  const transports: Transports = ["polling", "websocket"];
  await using io = await SocketIoClient.connect(proxy.url, bob.token, { transports });
  await using polling = await SocketIoClient.connect(proxy.url, bob.token, {
    transports: ["polling"],
  });
  await eventually("it is upgraded", () => io.transport === "websocket");
  for (let i = 0; i < 5; i++) {
    const { id } = await ws.send(chatId, `through the proxy ${i}`);
    for (const { events } of [io, polling]) {
      await eventually("it arrives", () => hasMessage(events, id));
    }
  }
}

function hasMessage(events: readonly { event: string; data?: unknown }[], id: string): boolean {
  return events.some(({ event, data }) =>
    event === "message.created" && (data as { id: string }).id === id
  );
}

/** Sends from another address of this machine, with a header that claims yet another one. */
async function passesTheClientsAddressOn({ cluster, proxy }: Site): Promise<void> {
  const from = ["--interface", "127.0.0.2", "--header", "X-Forwarded-For: 192.0.2.9"];
  const { success } = await new Deno.Command("curl", {
    args: ["--silent", "--fail", ...from, `${proxy.url}/docs`],
  }).output();
  assert.equal(success, true);
  const log = cluster.instances.map((instance) => instance.log).join("");
  assert.match(log, /"path":"\/docs".*"address":"127\.0\.0\.2"/);
  assert.doesNotMatch(log, /192\.0\.2\.9/);
}

async function passesUploadsOnAsTheyCome({ cluster, proxy }: Site): Promise<void> {
  const ann = await cluster.register("ann");
  const size = 4 * MIB;
  const tus = { "tus-resumable": "1.0.0" };
  const made = await bytesRequest(proxy, ann, "POST", "/api/media/uploads", {
    headers: { ...tus, "upload-length": String(size) },
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const path = new URL(made.headers.get("location")!, proxy.url).pathname;
  const offset = async () => {
    const { headers } = await bytesRequest(proxy, ann, "HEAD", path, { headers: tus });
    return Number(headers.get("upload-offset"));
  };
  const abort = new AbortController();
  const half = new Uint8Array(2 * MIB).fill(65);
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(half),
  });
  const headers = {
    ...tus,
    "upload-offset": "0",
    "content-type": "application/offset+octet-stream",
  };
  const broken = bytesRequest(proxy, ann, "PATCH", path, { headers, body, signal: abort.signal })
    .catch(() => {});
  // Not all of the half: the server may keep the last bytes back until it has a whole part.
  await eventually("bytes have come to the server", async () => await offset() > 0);
  abort.abort();
  await broken;
  // Bytes in flight may still arrive: the test queries the offset each time.
  const done = await eventually("the rest is taken", async () => {
    const kept = await offset();
    assert.ok(kept > 0 && kept <= half.length, `${kept} bytes were kept`);
    const last = await bytesRequest(proxy, ann, "PATCH", path, {
      headers: { ...headers, "upload-offset": String(kept) },
      body: new Uint8Array(size - kept).fill(65),
    });
    if (last.status !== 204) throw new Error(JSON.stringify([last.status, last.body]));
    return last;
  });
  assert.equal(done.headers.get("upload-offset"), String(size));
}

/** Only the proxy's own machine may read the metrics, or no client at all. */
async function keepsMetricsFromOthers({ proxy }: Site): Promise<void> {
  const { stdout } = await new Deno.Command("curl", {
    args: [
      "--silent",
      "--interface",
      "127.0.0.2",
      "--write-out",
      "%{http_code}",
      `${proxy.url}/metrics`,
    ],
  }).output();
  assert.match(new TextDecoder().decode(stdout), /(403|404)$/);
}

/** Reads and sends over REST, without a pause, until the test stops it; collects the failures. */
function busy(http: HttpClient, chatId: string) {
  const wrong: string[] = [];
  let [stopped, answered] = [false, 0];
  const run = async () => {
    for (let i = 0; !stopped; i++) {
      try {
        const clientId = crypto.randomUUID();
        const { status } = i % 2
          ? await http.get("/api/chats")
          : await http.post("/api/messages", { chatId, text: `${i}`, clientId });
        if (status >= 400) wrong.push(String(status));
        answered++;
      } catch (error) {
        wrong.push(String(error));
      }
    }
  };
  const running = run();
  return {
    wrong,
    get answered() {
      return answered;
    },
    stop: () => {
      stopped = true;
      return within("the last request is answered", running);
    },
  };
}

/**
 * Restarts as an operator deploys a release: one instance after the other, each once the previous
 * one is back.
 */
async function restartsWithoutAnError({ cluster, proxy }: Site): Promise<void> {
  const ann = await cluster.register("ann");
  const chatId = await cluster.group(ann, []);
  await using stack = new AsyncDisposableStack();
  const clients: CatchingUpClient[] = [];
  for (let i = 0; i < CLIENTS; i++) clients.push(stack.use(await client(proxy, ann)));
  const polling = stack.use(await pollingClient(proxy, ann, chatId));
  const work = busy(new HttpClient(proxy.url, ann.token), chatId);
  await eventually("requests are under way", () => work.answered > 20);
  for (const at of [0, 1]) {
    const exit = await within("the instance ends", cluster.instances[at].kill("SIGTERM"));
    assert.deepEqual(exit, { code: 0, signal: null });
    const before = work.answered;
    await eventually("requests go on", () => work.answered > before + 20);
    const instance = await cluster.restart(at);
    await eventually("it gets requests again", () => instance.log.includes('"path":"/api/'));
    await within("all are connected again", Promise.all(clients.map((one) => one.connected())));
  }
  await work.stop();
  assert.deepEqual(work.wrong, []);
  const closes = clients.map(({ closes }) => closes);
  // Each client was disconnected at most once per instance: a draining instance accepted none
  // again.
  assert.ok(closes.every(({ length }) => length <= 2), JSON.stringify(closes));
  assert.deepEqual(new Set(closes.flat()), new Set([1012]));
  const { id } = await clients[0].send(chatId, "after both drains");
  for (const one of clients) {
    await eventually("it arrives", () => one.chat(chatId).messages.has(id));
  }
  await eventually("the polling client is connected again", () => polling.socket.connected);
  const last = await clients[0].send(chatId, "to the polling client");
  await eventually("it arrives by polling", () => hasReceived(polling, last.id));
}

/**
 * The official client with polling alone, which says at each connection up to where it has the
 * chat: a proxy that hashes addresses sends it to another instance when one ends and again when it
 * is back, and either may fall before or after an event.
 */
async function pollingClient(proxy: ProxyServer, { token }: Person, chatId: string) {
  const auth = (give: (data: object) => void) =>
    give({ token, cursors: { [chatId]: newestRev(client, chatId) } });
  const client = SocketIoClient.open(proxy.url, auth, {
    transports: ["polling"],
    reconnection: true,
    reconnectionDelay: 10,
    reconnectionDelayMax: 100,
  });
  await client.greeted();
  return client;
}

/** Revision of the chat up to which a client has received its events and catch-ups. */
function newestRev({ events, welcomes }: SocketIoClient, chatId: string): number {
  const live = events.filter((event) => event.chatId === chatId).map(({ rev }) => rev ?? 0);
  return Math.max(0, ...live, ...caughtUp(welcomes, chatId).map(({ rev }) => rev));
}

function hasReceived({ events, welcomes }: SocketIoClient, id: string): boolean {
  return hasMessage(events, id) ||
    caughtUp(welcomes).some(({ messages }) => messages.some((message) => message.id === id));
}

interface Caught {
  chatId: string;
  rev: number;
  messages: { id: string }[];
}

function caughtUp(welcomes: { sync?: { items: Caught[] } }[], chatId?: string): Caught[] {
  const items = welcomes.flatMap(({ sync }) => sync?.items ?? []);
  return chatId === undefined ? items : items.filter((each) => each.chatId === chatId);
}

for (const kind of PROXIES) {
  Deno.test({
    name: `${kind} in front of two instances`,
    ignore: skipWithout(kind, "mongodb"),
    // The Socket.IO client's timers outlive its close a little.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async (t) => {
      await using site = await openSite(kind);
      await t.step("forwards sockets and polling", () => passesSocketsAndPollingOn(site));
      await t.step("forwards clients' addresses", () => passesTheClientsAddressOn(site));
      await t.step("denies the metrics to other machines", () => keepsMetricsFromOthers(site));
      await t.step("forwards uploads while they arrive", () => passesUploadsOnAsTheyCome(site));
      await t.step(
        "both instances restart without an error to any client",
        () => restartsWithoutAnError(site),
      );
    },
  });
}
