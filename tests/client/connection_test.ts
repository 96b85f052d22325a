import assert from "node:assert/strict";
import { ChatClient, ChatError, memoryKeyStore } from "../../src/client/mod.ts";
import type { ProfileView } from "../../src/api/views/user.ts";
import { eventually } from "../support/eventually.ts";
import { HttpClient } from "../support/http_client.ts";
import { RunningApp } from "../support/running_app.ts";
import { clientOf } from "./people.ts";

Deno.test("an expired token is renewed once, however many calls wait for it", async () => {
  await using app = await RunningApp.start();
  const session = await registered(app.url);
  const paths: string[] = [];
  const client = new ChatClient({
    url: app.url,
    fetch: (input, init) => {
      paths.push(new URL(String(input)).pathname);
      return fetch(input, init);
    },
  });
  await client.useSession({ ...session, accessToken: "ran out" });
  const inboxes = await Promise.all([1, 2, 3, 4, 5].map(() => client.call("chat.inbox", {})));
  assert.equal(inboxes.length, 5);
  assert.equal(paths.filter((path) => path === "/api/auth/refresh-token").length, 1);
  app.clock.ahead += 31_000;
  await client.useSession({ ...session, accessToken: "ran out" });
  // That refresh token was used, too long ago for its successor to be returned again: the session
  // ends.
  await assert.rejects(client.call("chat.inbox", {}), hasCode("signed_out"));
  assert.equal(client.user, null);
});

Deno.test("a session that is ended elsewhere ends here for good", async () => {
  await using app = await RunningApp.start();
  const session = await registered(app.url);
  const storage = memoryKeyStore();
  const client = new ChatClient({ url: app.url, storage });
  await client.useSession(session);
  let isOut = false;
  client.on("signedOut", () => isOut = true);
  client.connect();
  await client.online();
  const http = new HttpClient(app.url, session.accessToken);
  assert.equal((await http.post("/api/auth/logout")).status, 204);
  await eventually("it knows", () => isOut);
  assert.equal(await new ChatClient({ url: app.url, storage }).resume(), null);
  await client.close();
});

Deno.test("a ChatError has the server's code, fields and times", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  await using anns = await clientOf(app.url, ann);
  await assert.rejects(anns.client.call("group.create", { name: "" }), (error: ChatError) => {
    assert.equal(error.code, "invalid_request");
    assert.equal(error.errors[0].path, "name");
    return true;
  });
  const nowhere = new ChatClient({ url: "http://127.0.0.1:9" });
  const login = nowhere.signIn({ identifier: "ann", password: "a password" });
  await assert.rejects(login, hasCode("offline"));
});

Deno.test("messages sent without a connection wait, outlive the client, and are sent in order", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const storage = memoryKeyStore();
  await using first = await clientOf(app.url, ann, { storage });
  await using bobs = await clientOf(app.url, bob);
  const chat = await first.client.openDirect(bob.id);
  await first.client.close();
  for (const text of ["one", "two", "three"]) void first.client.send(chat.id, { text });
  await eventually("they are kept", async () => (await storage.names("outbox/")).length === 3);
  assert.deepEqual(first.texts(chat.id), ["one", "two", "three"]);
  await using second = await clientOf(app.url, ann, { storage });
  await eventually("bob has them, in order", () => {
    assert.deepEqual(bobs.texts(chat.id), ["one", "two", "three"]);
    return true;
  });
  await eventually("none waits", () => second.client.unsent === 0);
  assert.deepEqual(await storage.names("outbox/"), []);
});

Deno.test("a message whose response is lost is stored once", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  let lost = 0;
  class LossySocket extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener("message", (event) => {
        const isAnswer = String(event.data).includes('"ok":true,"data":{"id"');
        if (lost === 3 || !isAnswer) return;
        lost++;
        event.stopImmediatePropagation();
        this.close();
      });
    }
  }
  await using anns = await clientOf(app.url, ann, { WebSocket: LossySocket });
  await using bobs = await clientOf(app.url, bob);
  const chat = await anns.client.openDirect(bob.id);
  const texts = ["a", "b", "c", "d", "e"];
  for (const text of texts) {
    await anns.client.online();
    await anns.client.send(chat.id, { text });
  }
  assert.equal(lost, 3);
  await eventually("bob has each once", () => {
    assert.deepEqual(bobs.texts(chat.id), texts);
    return true;
  });
  const { items } = await bobs.client.call("message.list", { chatId: chat.id });
  assert.equal(items.length, texts.length);
});

Deno.test("a lost event is caught up on when the next one comes", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  let swallowed = 0;
  class DeafSocket extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener("message", (event) => {
        if (swallowed > 0 || !String(event.data).includes("not heard")) return;
        swallowed++;
        event.stopImmediatePropagation();
      });
    }
  }
  await using bobs = await clientOf(app.url, bob, { WebSocket: DeafSocket });
  await using anns = await clientOf(app.url, ann);
  const chat = await anns.client.openDirect(bob.id);
  await eventually("bob knows the chat", () => bobs.client.model.chat(chat.id));
  await anns.client.send(chat.id, { text: "not heard" });
  await eventually("it was lost on the way", () => swallowed === 1);
  await anns.client.send(chat.id, { text: "heard" });
  await eventually("bob has both", () => {
    assert.deepEqual(bobs.texts(chat.id), ["not heard", "heard"]);
    return true;
  });
});

Deno.test("a server that does not answer is offline, over HTTP and for a socket", async () => {
  const hangs: typeof fetch = (_input, init) =>
    new Promise((_, reject) => {
      init!.signal!.addEventListener("abort", () => reject(init!.signal!.reason));
    });
  let made = 0;
  class SilentSocket extends EventTarget {
    readyState = 0;
    constructor() {
      super();
      made++;
    }
    close() {}
  }
  const client = new ChatClient({
    url: "http://localhost",
    timeoutMs: 50,
    fetch: hangs,
    WebSocket: SilentSocket as never,
  });
  await assert.rejects(client.signIn({ identifier: "ann", password: "-" }), hasCode("offline"));
  await client.useSession(SESSION);
  const waits = new Promise<number>((resolve) => {
    client.on("state", (state) => state === "waiting" && resolve(made));
  });
  client.connect();
  assert.equal(await waits, 1);
  // A browser reports that it has a network again: no need to wait.
  globalThis.dispatchEvent(new Event("online"));
  assert.equal(client.state, "connecting");
  await eventually("it tries again", () => made > 1);
  await client.close();
  const tries = made;
  globalThis.dispatchEvent(new Event("online"));
  assert.deepEqual([client.state, made], ["idle", tries]);
});

Deno.test("a URL that no socket accepts is a failed attempt, not a crash", async () => {
  class ThrowingSocket {
    constructor() {
      throw new DOMException("insecure", "SecurityError");
    }
  }
  const options = { url: "http://localhost", WebSocket: ThrowingSocket as never };
  const client = new ChatClient(options);
  await client.useSession(SESSION);
  client.connect();
  await eventually("it waits for the next try", () => client.state === "waiting");
  await client.close();
});

Deno.test("a client belongs to one user, even if another tab has changed the session", async () => {
  const storage = memoryKeyStore();
  const client = new ChatClient({ url: "http://localhost", storage });
  await client.useSession({ ...SESSION, expiresIn: 0 });
  let isOut = false;
  client.on("signedOut", () => isOut = true);
  const bob = { ...SESSION, user: { ...SESSION.user, id: "bob" }, accessToken: "bob's" };
  await assert.rejects(client.useSession(bob), hasCode("conflict"));
  assert.equal(client.userId, "ann");
  await new ChatClient({ url: "http://localhost", storage }).useSession(bob);
  await assert.rejects(client.call("chat.inbox", {}), hasCode("signed_out"));
  assert.deepEqual([isOut, client.user], [true, null]);
  const other = new ChatClient({ url: "http://localhost", storage });
  assert.equal((await other.resume())?.id, "bob", "his session is untouched");
});

Deno.test("an unreadable stored session counts as none", async () => {
  const storage = memoryKeyStore();
  await storage.write({ session: new TextEncoder().encode("{") });
  assert.equal(await new ChatClient({ url: "http://localhost", storage }).resume(), null);
});

Deno.test("more chats than fit into a frame are all caught up on", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  await using bobs = await clientOf(app.url, bob);
  const chat = await anns.client.openDirect(bob.id);
  await eventually("bob knows the chat", () => bobs.client.model.chat(chat.id));
  const known = bobs.client.model.chat(chat.id)!.chat;
  for (let i = 0; i < 2_000; i++) {
    const id = `${known.id.slice(0, -6)}${String(i).padStart(6, "0")}`;
    bobs.client.model.putChat({ ...known, id });
  }
  await bobs.client.close();
  await anns.client.send(chat.id, { text: "while he was away" });
  bobs.client.connect();
  await bobs.client.online();
  assert.deepEqual(bobs.texts(chat.id), ["while he was away"]);
});

const SESSION = {
  user: { id: "ann", username: "ann" } as never as { id: string } & ProfileView,
  accessToken: "ann's",
  refreshToken: "none",
  expiresIn: 3_600,
};

async function registered(url: string) {
  const { status, body } = await new HttpClient(url).post("/api/auth/register", {
    username: "ann",
    email: "ann@example.org",
    password: "a password of the tests",
  });
  assert.equal(status, 201);
  return body;
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof ChatError && error.code === code;
}
