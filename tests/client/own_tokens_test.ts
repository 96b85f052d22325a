import assert from "node:assert/strict";
import { ChatClient, type ChatClientOptions, memoryKeyStore } from "../../src/client/mod.ts";
import { backendOf } from "../support/api_keys.ts";
import { eventually } from "../support/eventually.ts";
import { OwnIssuer } from "../support/own_issuer.ts";
import { RunningApp } from "../support/running_app.ts";

/** A client with tokens of the customer's sign-in, which counts how often it asks for one. */
function clientOf(app: RunningApp, token: () => unknown, more: Partial<ChatClientOptions> = {}) {
  const asked = { count: 0 };
  const source = () => {
    asked.count++;
    return token() as Promise<string>;
  };
  const client = new ChatClient({ url: app.url, token: source, ...more });
  const signedOut = Promise.withResolvers<void>();
  client.on("signedOut", () => signedOut.resolve());
  return Object.assign(client, {
    asked,
    signedOut: signedOut.promise,
    [Symbol.asyncDispose]: () => client.close(),
  });
}

async function world() {
  const stack = new AsyncDisposableStack();
  const issuer = stack.use(await OwnIssuer.start());
  const app = stack.use(await RunningApp.start(issuer.environment));
  const token = (sub: string, claims = {}) => () => issuer.token(sub, Date.now(), claims);
  return { issuer, app, token, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

Deno.test("a client with a token of the app's own sign-in connects, sends and calls without signing in", async () => {
  await using w = await world();
  await using ann = clientOf(w.app, w.token("ann", { name: "Ann" }));
  await using bob = clientOf(w.app, w.token("bob"));
  for (const client of [ann, bob]) {
    client.connect();
    await client.online();
  }
  assert.equal(ann.user?.displayName, "Ann");
  const chat = await ann.openDirect(bob.userId);
  await ann.send(chat.id, { text: "Hello" });
  await eventually("bob has it", () => bob.model.messagesOf(chat.id)[0]?.text === "Hello");
  assert.equal(ann.asked.count, 1, "one token is used for all calls");
  ann.reconnect();
  await ann.online();
  assert.equal(ann.asked.count, 2, "each connection has a new one");
});

Deno.test("a token that has expired is replaced once, however many calls wait, and without a connection", async () => {
  await using w = await world();
  const now = Math.floor(Date.now() / 1000);
  const expired = w.token("ann", { iat: now - 400, exp: now - 100 });
  await using ann = clientOf(w.app, () => ann.asked.count === 1 ? expired() : w.token("ann")());
  const profiles = await Promise.all([1, 2, 3].map(() => ann.call("user.profile", {})));
  assert.equal(new Set(profiles.map(({ id }) => id)).size, 1);
  assert.equal(ann.asked.count, 2);
});

Deno.test("a client whose sessions were ended goes on with a newer token", async () => {
  await using w = await world();
  const backend = await backendOf(w.app);
  let ahead = 0;
  await using ann = clientOf(w.app, () => w.issuer.token("ann", Date.now() + ahead));
  ann.connect();
  await ann.online();
  // Tokens have whole seconds: the next one is of after the end.
  ahead = 2_000;
  const states: string[] = [];
  ann.on("state", (state) => states.push(state));
  const { status } = await backend.post("/api/server/users/ann/end-sessions", {});
  assert.equal(status, 200);
  await eventually("the connection was replaced", () => {
    return states.includes("connecting") && states.at(-1) === "online";
  });
  // One for the connection, and one if a call of the client's own met the end.
  const { count } = ann.asked;
  assert.ok(count === 2 || count === 3, `${count} tokens`);
});

Deno.test("a refused token is replaced once, and the client then ends", async () => {
  await using w = await world();
  await using ann = clientOf(w.app, w.token("ann", { aud: "another" }));
  ann.connect();
  await assert.rejects(ann.online(), { code: "signed_out" });
  await ann.signedOut;
  assert.equal(ann.asked.count, 2);
  await assert.rejects(ann.call("user.profile", {}), { code: "signed_out" });
  assert.equal(ann.asked.count, 2, "no further token is asked for");
});

Deno.test("null in place of a token, and signing out, end the client", async () => {
  await using w = await world();
  await using absent = clientOf(w.app, () => null);
  absent.connect();
  await assert.rejects(absent.online(), { code: "signed_out" });
  await absent.signedOut;
  const storage = memoryKeyStore();
  await using ann = clientOf(w.app, w.token("ann"), { storage });
  ann.connect();
  await ann.online();
  await ann.signOut();
  await ann.signedOut;
  assert.equal(ann.state, "idle");
  const { count } = ann.asked;
  await assert.rejects(ann.call("user.profile", {}), { code: "signed_out" });
  ann.connect();
  await assert.rejects(ann.online(), { code: "signed_out" });
  assert.equal(ann.asked.count, count);
});

Deno.test("a token that cannot be had for now is asked for again, and one that never comes is given up", async () => {
  await using w = await world();
  const answers: (() => unknown)[] = [
    () => Promise.reject(new Error("the backend is down")),
    () => new Promise(() => {}),
  ];
  await using ann = clientOf(w.app, () => (answers.shift() ?? w.token("ann"))(), {
    timeoutMs: 3_000,
  });
  await assert.rejects(ann.call("user.profile", {}), { code: "offline" });
  ann.connect();
  await ann.online();
  assert.equal(ann.asked.count, 3);
});

Deno.test("a token of another person ends the client, and shows that person nothing of the first one", async () => {
  await using w = await world();
  let sub = "ann";
  const storage = memoryKeyStore();
  await using ann = clientOf(w.app, () => w.token(sub)(), { storage });
  ann.connect();
  await ann.online();
  const { userId } = ann;
  await ann.close();
  sub = "bob";
  await using bob = clientOf(w.app, () => w.token(sub)(), { storage });
  assert.equal((await bob.resume())?.id, userId);
  const faults: unknown[] = [];
  bob.on("fault", (error) => faults.push(error));
  bob.connect();
  await bob.signedOut;
  assert.equal((faults[0] as { code: string }).code, "conflict");
  await using again = clientOf(w.app, () => w.token(sub)(), { storage });
  assert.equal(await again.resume(), null);
  again.connect();
  await again.online();
  assert.notEqual(again.userId, userId);
});

Deno.test("with a storage, a client with own tokens shows its chats without a network and sends what waited", async () => {
  const issuer = await OwnIssuer.start();
  const storage = memoryKeyStore();
  const app = await RunningApp.start(issuer.environment);
  let chatId: string;
  const token = (sub: string) => () => issuer.token(sub, Date.now());
  {
    await using bob = clientOf(app, token("bob"));
    await using ann = clientOf(app, token("ann"), { storage });
    for (const client of [ann, bob]) {
      client.connect();
      await client.online();
    }
    chatId = (await ann.openDirect(bob.userId)).id;
    await ann.send(chatId, { text: "one" });
  }
  const away = () => Promise.reject(new Error("no network"));
  {
    await using ann = clientOf(app, away, { storage });
    await ann.resume();
    assert.deepEqual(ann.model.messagesOf(chatId).map(({ text }) => text), ["one"]);
    ann.send(chatId, { text: "two" }).catch(() => {});
    await eventually("it is stored", () => ann.unsent === 1);
  }
  await using ann = clientOf(app, token("ann"), { storage });
  await ann.resume();
  ann.connect();
  await ann.online();
  await eventually("it is sent", () => ann.model.messagesOf(chatId).at(-1)?.status === "sent");
  assert.deepEqual(ann.model.messagesOf(chatId).map(({ text }) => text), ["one", "two"]);
  await ann.close();
  await app.stop();
  await issuer[Symbol.asyncDispose]();
});

Deno.test("a screen that is shown before the client connects marks nothing as read, and keeps its draft", async () => {
  await using w = await world();
  await using ann = clientOf(w.app, w.token("ann"));
  await using bob = clientOf(w.app, w.token("bob"));
  bob.connect();
  ann.connect();
  await Promise.all([ann.online(), bob.online()]);
  const { id: chatId } = await bob.openDirect(ann.userId);
  await bob.send(chatId, { text: "Hello" });
  await using page = clientOf(w.app, w.token("ann"));
  const chat = page.chat(chatId);
  chat.markRead();
  page.markRead(chatId, 1);
  chat.setDraft({ text: "I was" });
  await assert.rejects(chat.sendDraft(), { code: "signed_out" });
  const sent = page.send(chatId, { text: "too early" });
  await assert.rejects(sent, { code: "signed_out" });
  page.connect();
  await page.online();
  assert.equal(chat.draft.getSnapshot().text, "I was");
  assert.equal(page.inbox.row(chatId)?.unread, 1);
  assert.equal((await chat.sendDraft()).text, "I was");
  assert.equal(chat.draft.getSnapshot().text, "");
  chat.markRead();
  assert.equal(page.inbox.row(chatId)?.unread, 0);
});
