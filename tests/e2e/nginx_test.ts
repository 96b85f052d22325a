import assert from "node:assert/strict";
import { CatchingUpClient } from "../support/catching_up_client.ts";
import { Cluster, type Person } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { HttpClient } from "../support/http_client.ts";
import { NginxServer } from "../support/nginx_server.ts";
import { skipWithout } from "../support/skip.ts";
import { SocketIoClient } from "../support/socketio_client.ts";
import { TempDir } from "../support/temp_dir.ts";
import { bytesRequest } from "../support/uploads.ts";
import { within } from "../support/within.ts";

/** The configuration of nginx that src/deploy ships, in front of two instances of the real program. */

/** The Socket.IO client's timers outlive it a little. */
const OPTIONS = {
  ignore: skipWithout("nginx", "mongodb"),
  sanitizeOps: false,
  sanitizeResources: false,
};

const CLIENTS = 10;
const MIB = 1024 * 1024;

interface Site extends AsyncDisposable {
  cluster: Cluster;
  nginx: NginxServer;
}

async function openSite(): Promise<Site> {
  const folder = await TempDir.make("site");
  const env = {
    // Uploads are on a disk that both instances have.
    DATA_DIR: folder.join("data"),
    TRUSTED_PROXY: "x-forwarded-for:1",
    LOG_LEVEL: "info",
    LIMIT_SOCKETS_PER_ADDRESS: "1000",
  };
  const cluster = await Cluster.start({ broker: "mongo", env });
  const ports = cluster.instances.map(({ url }) => Number(new URL(url).port));
  try {
    const nginx = await NginxServer.start([ports[0], ports[1]]);
    const dispose = async () => {
      await nginx[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    };
    return { cluster, nginx, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

function client(nginx: NginxServer, { token }: Person): Promise<CatchingUpClient> {
  return new CatchingUpClient({ urls: [nginx.webSocketUrl], token, retryMs: 10 }).start();
}

Deno.test("nginx passes on sockets, polling and clients' addresses", OPTIONS, async () => {
  await using site = await openSite();
  const { cluster, nginx } = site;
  const [ann, bob] = [await cluster.register("ann"), await cluster.register("bob")];
  const chatId = await cluster.group(ann, [bob]);
  await using ws = await client(nginx, ann);
  // As the official client does it: polling first, and then the upgrade.
  const transports: ("polling" | "websocket")[] = ["polling", "websocket"];
  await using io = await SocketIoClient.connect(nginx.url, bob.token, { transports });
  await using polling = await SocketIoClient.connect(nginx.url, bob.token, {
    transports: ["polling"],
  });
  await eventually("it is upgraded", () => io.transport === "websocket");
  const { id } = await ws.send(chatId, "through nginx");
  for (const { events } of [io, polling]) {
    await eventually(
      "it arrives",
      () =>
        events.some(({ event, data }) =>
          event === "message.created" && (data as { id: string }).id === id
        ),
    );
  }
  // Another address of this machine, and a header that claims yet another one.
  const { success } = await new Deno.Command("curl", {
    args: [
      ...[
        "--silent",
        "--fail",
        "--interface",
        "127.0.0.2",
        "--header",
        "X-Forwarded-For: 192.0.2.9",
      ],
      `${nginx.url}/docs`,
    ],
  }).output();
  assert.equal(success, true);
  const log = cluster.instances.map((instance) => instance.log).join("");
  assert.match(log, /"path":"\/docs".*"address":"127\.0\.0\.2"/);
  assert.doesNotMatch(log, /192\.0\.2\.9/);
});

Deno.test("an upload through nginx goes on from where it broke off", OPTIONS, async () => {
  await using site = await openSite();
  const { cluster, nginx } = site;
  const ann = await cluster.register("ann");
  const size = 4 * MIB;
  const tus = { "tus-resumable": "1.0.0" };
  const made = await bytesRequest(nginx, ann, "POST", "/api/media/uploads", {
    headers: { ...tus, "upload-length": String(size) },
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const path = new URL(made.headers.get("location")!, nginx.url).pathname;
  const offset = async () => {
    const { headers } = await bytesRequest(nginx, ann, "HEAD", path, { headers: tus });
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
  const broken = bytesRequest(nginx, ann, "PATCH", path, { headers, body, signal: abort.signal })
    .catch(() => {});
  // Not all of the half: the server may hold its last piece back until it has a whole part.
  await eventually("bytes have come to the server", async () => await offset() > 0);
  abort.abort();
  await broken;
  // What was on its way may still come: the offset is asked for each time.
  const done = await eventually("the rest is taken", async () => {
    const kept = await offset();
    assert.ok(kept > 0 && kept <= half.length, `${kept} bytes were kept`);
    const last = await bytesRequest(nginx, ann, "PATCH", path, {
      headers: { ...headers, "upload-offset": String(kept) },
      body: new Uint8Array(size - kept).fill(65),
    });
    if (last.status !== 204) throw new Error(JSON.stringify([last.status, last.body]));
    return last;
  });
  assert.equal(done.headers.get("upload-offset"), String(size));
});

/** Asks and sends over REST, without a pause, until it is told to stop; keeps what went wrong. */
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

Deno.test("an instance behind nginx drains without an error to any client", OPTIONS, async () => {
  await using site = await openSite();
  const { cluster, nginx } = site;
  const ann = await cluster.register("ann");
  const chatId = await cluster.group(ann, []);
  await using stack = new AsyncDisposableStack();
  const clients: CatchingUpClient[] = [];
  for (let i = 0; i < CLIENTS; i++) clients.push(stack.use(await client(nginx, ann)));
  const work = busy(new HttpClient(nginx.url, ann.token), chatId);
  await eventually("requests are under way", () => work.answered > 20);
  const [leaving] = cluster.instances;
  const exit = await within("the instance ends", leaving.kill("SIGTERM"));
  assert.deepEqual(exit, { code: 0, signal: null });
  const before = work.answered;
  await eventually("requests go on", () => work.answered > before + 20);
  await work.stop();
  assert.deepEqual(work.wrong, []);
  await within("all are connected again", Promise.all(clients.map((one) => one.connected())));
  const closes = clients.map(({ closes }) => closes);
  // Each was sent away once at most: the draining instance took none of them back.
  assert.ok(closes.every(({ length }) => length <= 1), JSON.stringify(closes));
  assert.deepEqual(new Set(closes.flat()), new Set([1012]));
  const { id } = await clients[0].send(chatId, "after the drain");
  for (const one of clients) {
    await eventually("it arrives", () => one.chat(chatId).messages.has(id));
  }
});
