/**
 * Faults of a program and its deployment: each is reported immediately, with the necessary change,
 * and never as being offline.
 */
import assert from "node:assert/strict";
import { ChatClient, ChatError, memoryKeyStore } from "../../src/client/mod.ts";
import { RunningApp } from "../support/running_app.ts";
import { clientOf } from "./people.ts";

const url = "https://chat.example.org";

/** Requires that a client with these options throws `misuse` with that sentence. */
function refused(options: unknown, sentence: RegExp): void {
  const isMisuse = (error: unknown) => {
    assert.ok(error instanceof ChatError && error.code === "misuse", String(error));
    assert.match(error.message, sentence);
    return true;
  };
  assert.throws(() => new ChatClient(options as never), isMisuse);
}

async function codeAndText(promise: Promise<unknown>): Promise<[code: string, text: string]> {
  const error = await promise.then(() => assert.fail("it did not fail"), (error) => error);
  assert.ok(error instanceof ChatError, String(error));
  return [error.code, error.message];
}

Deno.test("ChatClient names the URL to write instead of one that cannot work", () => {
  const cases = [
    ["https://chat.example.org/api", url],
    ["https://chat.example.org/api/", url],
    ["https://chat.example.org/ws", url],
    ["https://chat.example.org/socket.io/", url],
    ["wss://chat.example.org", url],
    ["ws://localhost:5000/ws", "http://localhost:5000"],
    ["chat.example.org", url],
    ["//chat.example.org", url],
    ["localhost:5000", "http://localhost:5000"],
    ["127.0.0.1:5000/api", "http://127.0.0.1:5000"],
    ["https://ann:secret@chat.example.org", url],
    ["https://chat.example.org/?room=1", url],
    [" https://chat.example.org", url],
  ];
  for (const [wrong, right] of cases) {
    refused({ url: wrong }, new RegExp(`Write "${right}" instead`));
  }
  for (const wrong of ["", "/", "http://", "https://:5000"]) {
    refused({ url: wrong }, /^Cannot make/);
  }
});

Deno.test("ChatClient accepts a URL with a path, and with trailing slashes", () => {
  for (
    const right of [url, `${url}/`, `${url}/chat/`, "http://localhost:5000", "HTTPS://example.org"]
  ) {
    new ChatClient({ url: right });
  }
});

Deno.test("ChatClient refuses options that are missing, unknown or of the wrong type", () => {
  refused(undefined, /the option url has to be an address such as .* It is undefined/);
  refused({}, /the option url has to be an address/);
  refused({ url: new URL(url) }, /the option url has to be an address/);
  refused({ URL: url }, /there is no option URL, but url, storage, /);
  refused({ url, webSocket: WebSocket }, /there is no option webSocket, but .* WebSocket, /);
  refused({ url, password: "x" }, /there is no option password, but url, /);
  refused({ url, storage: { getItem() {} } }, /storage has to be a KeyStore: see indexedDbStore/);
  refused({ url, storage: Promise.resolve(memoryKeyStore()) }, /storage is a promise. Write await/);
  refused(
    { url, deviceKey: "secret" },
    /deviceKey has to be a CryptoKey: see indexedDbDeviceKey/,
  );
  refused({ url, fetch: {} }, /fetch has to be a function/);
  refused({ url, WebSocket: null }, /WebSocket has to be a class/);
  for (const timeoutMs of [0, -1, NaN, "soon"]) {
    refused({ url, timeoutMs }, /timeoutMs has to be a number/);
  }
  new ChatClient({ url, storage: undefined, timeoutMs: undefined });
});

Deno.test("ChatClient reports a platform without WebSocket or fetch", () => {
  for (const name of ["WebSocket", "fetch"] as const) {
    const original = Object.getOwnPropertyDescriptor(globalThis, name)!;
    Object.defineProperty(globalThis, name, { value: undefined, configurable: true });
    try {
      refused({ url }, new RegExp(`the option ${name} has to be a .* It is undefined`));
    } finally {
      Object.defineProperty(globalThis, name, original);
    }
  }
});

Deno.test("ChatClient.call names the operation that was meant, without a request to the server", async () => {
  const client = new ChatClient({ url: "http://127.0.0.1:1" });
  const call = (name: string, input: unknown) =>
    codeAndText(client.call(name as never, input as never));
  assert.deepEqual(await call("group.crate", {}), [
    "misuse",
    "Cannot call group.crate: there is no such operation. Did you mean group.create?",
  ]);
  assert.deepEqual(await call("toString", {}), [
    "misuse",
    "Cannot call toString: there is no such operation",
  ]);
  assert.deepEqual(await call("auth.forgotPassword", undefined), [
    "misuse",
    "Cannot call auth.forgotPassword: its input has to be an object. It is undefined",
  ]);
});

Deno.test("ChatClient.call names the missing field of the path", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  await using test = await clientOf(app.url, ann);
  assert.deepEqual(await codeAndText(test.client.call("group.get", {} as never)), [
    "misuse",
    "Cannot call group.get: groupId is missing in its input",
  ]);
});

Deno.test("a session with a bad token ends, over HTTP as over the socket", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const client = new ChatClient({ url: app.url });
  const bad = { accessToken: "bad", refreshToken: "bad", expiresIn: 3_600 };
  await client.useSession({ user: { id: ann.id, username: "ann" } as never, ...bad });
  client.connect();
  const over = ["signed_out", "The session has ended: sign in again"];
  assert.deepEqual(await codeAndText(client.online()), over);
  await client.close();
  const other = new ChatClient({ url: app.url });
  await other.useSession({ user: { id: ann.id, username: "ann" } as never, ...bad });
  assert.deepEqual(await codeAndText(other.call("user.profile", {})), over);
});

Deno.test("another server's page at the client's URL rejects sign-in and online", async () => {
  await using other = page(() =>
    new Response("<h1>Vite</h1>", { headers: { "content-type": "text/html" } })
  );
  await using client = await signedIn(addressOf(other));
  const account = { username: "ann", email: "ann@example.org", password: "a long password" };
  const [code, text] = await codeAndText(client.register(account));
  assert.equal(code, "bad_answer");
  assert.match(text, /answered 200 \(text\/html\).* url is that of another server/);
  assert.equal((await codeAndText(client.online()))[0], "bad_answer");
});

Deno.test("another program's JSON at the client's URL is not a session", async () => {
  await using other = page(() => Response.json({ hello: "world" }));
  await using client = await signedIn(addressOf(other));
  assert.equal((await codeAndText(client.online()))[0], "bad_answer");
});

Deno.test("a proxy without WebSocket support is named as the cause", async () => {
  await using app = await RunningApp.start();
  await using proxy = page((request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/ws") return new Response("no", { status: 404 });
    return fetch(app.url + pathname, { headers: request.headers });
  });
  await using client = await signedIn(addressOf(proxy));
  const [code, text] = await codeAndText(client.online());
  assert.equal(code, "misuse");
  assert.match(
    text,
    /answers over HTTP, but no WebSocket opens at .*\/ws. A proxy has to pass upgrades/,
  );
});

Deno.test("a client waits for a server that is not there", async () => {
  const gone = page(() => new Response());
  const address = addressOf(gone);
  await gone.shutdown();
  const client = await signedIn(address);
  const faults: unknown[] = [];
  client.on("fault", (error) => faults.push(error));
  const online = client.online();
  online.catch((error) => faults.push(error));
  const waited = Promise.withResolvers<void>();
  let tries = 0;
  client.on("state", (state) => state === "waiting" && ++tries === 2 && waited.resolve());
  await waited.promise;
  assert.deepEqual(faults, []);
  await client.close();
});

function page(handler: (request: Request) => Response | Promise<Response>) {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, handler);
}

function addressOf(server: Deno.HttpServer<Deno.NetAddr>): string {
  return `http://127.0.0.1:${server.addr.port}`;
}

/** A client with an unverified session, connecting to that URL. */
async function signedIn(address: string): Promise<ChatClient & AsyncDisposable> {
  const client = new ChatClient({ url: address });
  const tokens = { accessToken: "access", refreshToken: "refresh", expiresIn: 3_600 };
  await client.useSession({ user: { id: "1", username: "ann" } as never, ...tokens });
  client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}
