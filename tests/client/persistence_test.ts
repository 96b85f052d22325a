import assert from "node:assert/strict";
import { ChatClient, generateDeviceKey, memoryKeyStore } from "../../src/client/mod.ts";
import { eventually } from "../support/eventually.ts";
import type { Person } from "../support/people.ts";
import { RunningApp } from "../support/running_app.ts";
import { clientOf, type TestClient } from "./people.ts";

Deno.test("messages sent while a program was down come as message events after its restart, each once", async () => {
  await using app = await RunningApp.start();
  const { ann, bob, cleo } = await app.people("ann", "bob", "cleo");
  await using anns = await clientOf(app.url, ann);
  await using cleos = await clientOf(app.url, cleo);
  const { id } = await anns.client.openDirect(bob.id);
  await anns.client.send(id, { text: "before its first run" });
  const storage = memoryKeyStore();
  const run = (texts: string[], last: string) => runBot(app.url, bob, storage, texts, last);
  const first: string[] = [];
  {
    await using bot = await clientOf(app.url, bob, { storage });
    listen(bot, first);
    await anns.client.send(id, { text: "live" });
    await eventually("it is heard", () => first.length === 1);
  }
  const missed = ["one", "two", "three", "four", "five"];
  for (const text of missed) await anns.client.send(id, { text });
  const fresh = await cleos.client.openDirect(bob.id);
  await cleos.client.send(fresh.id, { text: "from someone new" });
  const second: string[] = [];
  await run(second, "from someone new");
  assert.deepEqual(first, ["live"]);
  assert.deepEqual(second.filter((text) => missed.includes(text)), missed);
  assert.deepEqual(second.length, 6);
  await anns.client.send(id, { text: "six" });
  const third: string[] = [];
  await run(third, "six");
  assert.deepEqual(third, ["six"]);
});

Deno.test("a message whose handler was interrupted by a crash comes again in the next run", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  const { id } = await anns.client.openDirect(bob.id);
  const storage = memoryKeyStore();
  await using bot = await clientOf(app.url, bob, { storage });
  await eventually("its chats are kept", async () => (await storage.names("model/")).length >= 2);
  const handling: string[] = [];
  bot.client.on("message", ({ message }) => {
    handling.push(message.text);
    return message.text === "quick" ? Promise.resolve() : new Promise(() => {});
  });
  const isKept = (text: string) => contains(storage, text);
  await anns.client.send(id, { text: "quick" });
  await eventually("it is handled and kept", () => isKept("quick"));
  await anns.client.send(id, { text: "slow" });
  await eventually("it is being handled", () => handling.includes("slow"));
  await bot.client.close();
  assert.equal(await isKept("slow"), false);
  const again: string[] = [];
  await runBot(app.url, bob, storage, again, "slow");
  assert.deepEqual(again, ["slow"]);
});

Deno.test("encrypted messages sent while a program was down come as message events once decrypted", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const kept = { storage: memoryKeyStore(), deviceKey: await generateDeviceKey() };
  await using anns = await clientOf(app.url, ann, { device: "phone" });
  let chatId = "";
  {
    await using bot = await clientOf(app.url, bob, { ...kept, device: "bot" });
    ({ id: chatId } = await anns.client.encryption.createDirect(bob.id));
    const heard: string[] = [];
    listen(bot, heard);
    await anns.client.send(chatId, { text: "live" });
    await eventually("it is heard", () => heard.includes("live"));
  }
  for (const text of ["one", "two"]) await anns.client.send(chatId, { text });
  await using again = new OnlineAgain(app.url, kept);
  const heard: string[] = [];
  again.client.on("message", ({ message }) => heard.push(message.text));
  await again.client.resume();
  const shown = again.client.chat(chatId).messages.getSnapshot().rows.map(({ text }) => text);
  assert.deepEqual(
    shown,
    ["live"],
    "what was read before is shown before the encryption is enabled",
  );
  again.client.connect();
  await again.client.online();
  await again.client.enableEncryption("bot");
  await eventually("both are heard", () => heard.length === 2);
  assert.deepEqual(heard, ["one", "two"]);
});

Deno.test("stored chats, messages, names, drafts and unsent messages are shown without a network", async () => {
  await using app = await RunningApp.start({ LIMIT_TEXT_LENGTH: "20" });
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  const { id } = await anns.client.openDirect(bob.id);
  for (const text of ["one", "two", "three"]) await anns.client.send(id, { text });
  const kept = { storage: memoryKeyStore(), deviceKey: await generateDeviceKey() };
  {
    await using bobs = await clientOf(app.url, bob, kept);
    await bobs.client.openChat(id);
    await eventually("the name is here", () => bobs.client.inbox.row(id)?.title === "ann");
    await assert.rejects(bobs.client.send(id, { text: "much more than twenty characters" }));
    bobs.client.chat(id).setDraft({ text: "a draft" });
    await bobs.client.close();
    void bobs.client.send(id, { text: "written offline" });
    bobs.client.markRead(id);
    await eventually("it is kept", async () => (await kept.storage.names("outbox/")).length === 2);
    await bobs.client.close();
  }
  assert.equal(await contains(kept.storage, "a draft"), false, "it is sealed");
  const offline = new ChatClient({ ...kept, url: "http://127.0.0.1:9" });
  assert.equal((await offline.resume())?.username, "bob");
  const [row] = offline.inbox.getSnapshot();
  assert.deepEqual([row.title, row.unread, row.draft], ["ann", 0, "a draft"]);
  const shown = () => offline.chat(id).messages.getSnapshot().rows.map((m) => [m.text, m.status]);
  assert.deepEqual(shown(), [
    ...["one", "two", "three"].map((text) => [text, "sent"]),
    ["much more than twenty characters", "failed"],
    ["written offline", "sending"],
  ]);
  assert.equal(offline.failed.getSnapshot().length, 1);
  await offline.close();
  await using again = new OnlineAgain(app.url, kept);
  await again.client.resume();
  again.client.connect();
  await eventually("it is sent", () => anns.texts(id).includes("written offline"));
  await eventually("it is read", () => {
    return anns.client.model.chat(id)?.members.get(bob.id)?.readSeq !== 0;
  });
  assert.equal(anns.texts(id).filter((text) => text === "written offline").length, 1);
});

Deno.test("signing out deletes the stored data, and persist: false stores no chats", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const storage = memoryKeyStore();
  const kept = async () => (await storage.names("model/")).length;
  await using anns = await clientOf(app.url, ann, { storage });
  await anns.client.openDirect(bob.id);
  await eventually("it is kept", async () => await kept() >= 2);
  await anns.client.signOut();
  assert.equal(await kept(), 0);
  await using bobs = await clientOf(app.url, bob, { storage, persist: false });
  await bobs.client.close();
  assert.equal(await kept(), 0);
});

Deno.test("an unreadable record causes everything to be fetched again, and no message seems new", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  const { id } = await anns.client.openDirect(bob.id);
  await anns.client.send(id, { text: "old" });
  const storage = memoryKeyStore();
  {
    await using bot = await clientOf(app.url, bob, { storage });
    await bot.client.openChat(id);
  }
  const name = `model/${bob.id}/chat/${id}`;
  const later = JSON.stringify({ ...JSON.parse(await text(storage, name)), v: 1_000 });
  await storage.write({ [name]: new TextEncoder().encode(later) });
  await using bot = new OnlineAgain(app.url, { storage });
  const heard: string[] = [];
  bot.client.on("message", ({ message }) => heard.push(message.text));
  await bot.client.resume();
  bot.client.connect();
  await bot.client.online();
  await anns.client.send(id, { text: "new" });
  await eventually("it is heard", () => heard.length > 0);
  assert.deepEqual(heard, ["new"]);
});

Deno.test("records of every earlier version can be read", async () => {
  const storage = memoryKeyStore(
    new Map(
      Object.entries(VERSION_1).map(([name, record]) => {
        return [name, new TextEncoder().encode(JSON.stringify(record))];
      }),
    ),
  );
  const client = new ChatClient({ url: "http://127.0.0.1:9", storage });
  await client.useSession({
    user: { id: "bob", username: "bob" } as never,
    accessToken: "none",
    refreshToken: "none",
    expiresIn: 3_600,
  });
  const [row] = client.inbox.getSnapshot();
  assert.deepEqual([row.title, row.unread, row.draft, row.lastMessage?.text], [
    "Ann",
    1,
    "a draft",
    "hello",
  ]);
  assert.equal(client.people.isBlocked("cleo"), true);
  await client.close();
});

/** A client signed in from the storage; not connected yet. */
class OnlineAgain implements AsyncDisposable {
  readonly client: ChatClient;

  constructor(url: string, kept: { storage: ReturnType<typeof memoryKeyStore> }) {
    this.client = new ChatClient({ url, ...kept });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}

/** Runs until it has received `last`, and long enough for a duplicate to show. */
async function runBot(
  url: string,
  { id }: Person,
  storage: ReturnType<typeof memoryKeyStore>,
  heard: string[],
  last: string,
): Promise<void> {
  await using bot = new OnlineAgain(url, { storage });
  bot.client.on("message", ({ message }) => heard.push(message.text));
  assert.equal((await bot.client.resume())?.id, id);
  bot.client.connect();
  await bot.client.online();
  await eventually(`${last} is heard`, () => heard.includes(last));
}

function listen({ client }: TestClient, heard: string[]): void {
  client.on("message", ({ message }) => heard.push(message.text));
}

async function text(storage: ReturnType<typeof memoryKeyStore>, name: string): Promise<string> {
  return new TextDecoder().decode((await storage.read(name))!);
}

async function contains(
  storage: ReturnType<typeof memoryKeyStore>,
  sought: string,
): Promise<boolean> {
  for (const name of await storage.names("model/")) {
    if ((await text(storage, name)).includes(sought)) return true;
  }
  return false;
}

const AT = "2026-11-29T22:00:00.000Z";

/**
 * A record in the form of the first version. Never changed: a later version gets a separate fixture
 * next to it.
 */
const VERSION_1 = {
  "model/bob/head": { v: 1, incarnation: "i", blocked: ["cleo"] },
  "model/bob/draft/chat": { v: 1, text: "a draft" },
  "model/bob/people": {
    v: 1,
    people: [{ id: "ann", username: "ann", displayName: "Ann", bio: "", avatarMediaId: null }],
  },
  "model/bob/chat/chat": {
    v: 1,
    chat: {
      id: "chat",
      kind: "direct",
      name: "",
      description: "",
      avatarMediaId: null,
      encrypted: false,
      epoch: null,
      generation: 0,
      rev: 4,
      memberCount: 2,
      history: "all",
      createdBy: "ann",
      createdAt: AT,
      updatedAt: AT,
    },
    members: [{
      chatId: "chat",
      userId: "bob",
      role: "member",
      rev: 2,
      joinedAt: AT,
      leftAt: null,
      readSeq: 3,
      deliveredSeq: 3,
    }],
    messages: [{
      id: "m",
      chatId: "chat",
      seq: 4,
      rev: 4,
      senderId: "ann",
      clientId: "c",
      kind: "text",
      text: "hello",
      media: [],
      replyTo: null,
      mentions: [],
      reactions: [],
      createdAt: AT,
      editedAt: null,
      deletedAt: null,
      pinnedAt: null,
      status: "sent",
    }],
    completeFrom: 4,
    cursor: 4,
    untold: [],
    sealed: [],
    peerId: "ann",
    muted: false,
    counted: { unread: 1, mentions: 0, readSeq: 3, upTo: 4 },
    isLeft: false,
  },
};
