// Runs the client without what React Native lacks. Argument: the server's address.
import process from "node:process";
import { WebSocket } from "ws";

const url = process.argv[2];
const { fetch } = globalThis;
// Node loads parts of `fetch` on its first use, and with everything there.
await (await fetch(`${url}/healthz`)).text();
for (const name of ["BroadcastChannel", "TextDecoder", "crypto", "navigator"]) {
  delete globalThis[name];
}
delete URL.canParse;
delete URLSearchParams.prototype.size;

const { ChatClient, generateDeviceKey } = await import("realtimechat-client");
const [storage, bobs] = [storeInMemory(), storeInMemory()];
const [ann, bob] = [await registered("Änn", storage), await registered("Bob", bobs)];
const texts = [];
const received = new Promise((resolve) => {
  ann.on("message", ({ message }) => resolve(texts.push(message.text)));
});
const { id } = await bob.openDirect(ann.userId);
await bob.send(id, { text: "Hello, Änn" });
await received;
const refused = await Promise.all([
  failure(ann.enableEncryption("a")),
  failure(generateDeviceKey()),
]);
await Promise.all([ann.close(), bob.close()]);
const { displayName } = await new ChatClient(options(storage)).resume();
console.log(JSON.stringify({
  texts,
  resumed: displayName,
  refused: refused.map(({ code }) => code),
  reason: refused[0].message,
}));

function options(storage) {
  return { url, storage, WebSocket: TwoArguments, fetch: withoutStream };
}

async function registered(displayName, storage) {
  const client = new ChatClient(options(storage));
  client.on("fault", (error) => console.error(error));
  const username = `rn_${Math.random().toString(36).slice(2, 10)}`;
  const email = `${username}@example.org`;
  await client.register({ username, displayName, email, password: "a long password" });
  client.connect();
  await client.online();
  return client;
}

function TwoArguments(address, protocol) {
  if (arguments.length !== 2) throw new TypeError("A WebSocket takes an address and a protocol");
  return new WebSocket(address, protocol);
}

async function withoutStream(address, init) {
  const response = await fetch(address, init);
  const text = await response.text();
  const { ok, status, headers } = response;
  return { ok, status, headers, text: () => Promise.resolve(text) };
}

function storeInMemory() {
  const entries = new Map();
  return {
    read: (name) => Promise.resolve(entries.get(name)),
    names: (prefix) => Promise.resolve([...entries.keys()].filter((it) => it.startsWith(prefix))),
    write(changes) {
      for (const [name, value] of Object.entries(changes)) {
        if (value === null) entries.delete(name);
        else entries.set(name, value);
      }
      return Promise.resolve();
    },
  };
}

function failure(promise) {
  return promise.then(() => null, (error) => error);
}
