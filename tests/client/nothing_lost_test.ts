import assert from "node:assert/strict";
import { generateDeviceKey, type LocalMessage, memoryKeyStore } from "../../src/client/mod.ts";
import { eventually } from "../support/eventually.ts";
import type { Person } from "../support/people.ts";
import { RunningApp } from "../support/running_app.ts";
import { clientOf, type TestClient } from "./people.ts";

Deno.test("changes of messages made offline are shown, survive a restart, and are sent in order", async () => {
  await using world = await twoPeople();
  const { app, ann, anns, bobs, chatId, storage } = world;
  const [edited, deleted, theirs] = [
    await anns.client.send(chatId, { text: "Helo" }),
    await anns.client.send(chatId, { text: "By mistake" }),
    await bobs.client.send(chatId, { text: "Hi" }),
  ];
  await eventually("ann has bob's message", () => rowOf(anns, theirs));
  await anns.client.close();
  void anns.client.edit(chatId, edited.id, "Hallo");
  void anns.client.edit(chatId, edited.id, "Hello");
  void anns.client.delete(deleted.id);
  void anns.client.react(chatId, theirs.id, "👍");
  void anns.client.pin(chatId, theirs.id);
  assert.deepEqual(shown(anns, chatId), ["Hello", "(deleted)", "Hi 👍 pinned"]);
  await eventually("they are kept", async () => (await storage.names("outbox/")).length === 5);

  await using offline = await clientOf(app.url, ann, { storage, offline: true });
  assert.deepEqual(shown(offline, chatId), ["Hello", "(deleted)", "Hi 👍 pinned"]);
  assert.equal(offline.client.unsent, 5);
  offline.client.connect();
  await offline.client.online();
  await eventually("bob sees them", () => {
    assert.deepEqual(shown(bobs, chatId), ["Hello", "(deleted)", "Hi 👍 pinned"]);
    return true;
  });
  await eventually("none waits", () => offline.client.unsent === 0);
  assert.deepEqual(await storage.names("outbox/"), []);
  assert.equal(rowOf(offline, edited)!.changes, undefined);
  assert.deepEqual(shown(offline, chatId), ["Hello", "(deleted)", "Hi 👍 pinned"]);
  assert.deepEqual(offline.client.failed.getSnapshot(), []);
});

Deno.test("a refused change returns to the old state, and is sent again or dropped after a restart", async () => {
  await using world = await twoPeople();
  const { app, ann, bob, anns, bobs, chatId, storage } = world;
  const message = await anns.client.send(chatId, { text: "Old" });
  await bobs.client.call("user.block", { userId: ann.id });
  for (const text of ["New", "Newer"]) {
    await assert.rejects(anns.client.edit(chatId, message.id, text), { code: "forbidden" });
  }
  assert.deepEqual(shown(anns, chatId), ["Old"]);
  await anns.client.close();

  await using again = await clientOf(app.url, ann, { storage, offline: true });
  const row = rowOf(again, message)!;
  assert.deepEqual([row.text, row.changes?.map(({ kind }) => kind)], ["Old", ["edit", "edit"]]);
  const failed = again.client.failed.getSnapshot();
  assert.deepEqual(failed.map(({ id, text, status }) => [id, text, status]), [
    [message.id, "New", "failed"],
    [message.id, "Newer", "failed"],
  ]);
  assert.match(failed[0].failure!, /change the message/);
  assert.equal(failed[0].change?.kind, "edit");
  again.client.connect();
  await again.client.online();
  await bobs.client.call("user.block", { userId: ann.id, unblock: true });
  await again.client.discard(chatId, failed[0].clientId);
  await again.client.resend(chatId, failed[1].clientId);
  assert.deepEqual(again.client.failed.getSnapshot(), []);
  await eventually("bob sees it", () => {
    assert.deepEqual(shown(bobs, chatId), ["Newer"]);
    return true;
  });
  assert.equal(rowOf(again, message)!.changes, undefined);
  await assert.rejects(again.client.discard(chatId, failed[1].clientId), { code: "not_found" });
  assert.ok(bob.id);
});

for (const what of ["edit", "react", "pin", "delete"] as const) {
  Deno.test(`message.${what} whose response is lost is repeated without effect`, async () => {
    await using world = await twoPeople();
    const { ann, app, bobs, chatId } = world;
    const WebSocket = lossySocket(`message.${what}`);
    await using anns = await clientOf(app.url, ann, { WebSocket });
    const { client } = anns;
    const theirs = await bobs.client.send(chatId, { text: "Hi" });
    const own = await client.send(chatId, { text: "Helo" });
    await eventually("ann has both", () => rowOf(anns, theirs) && rowOf(anns, own));
    await ({
      edit: () => client.edit(chatId, own.id, "Hello"),
      react: () => client.react(chatId, theirs.id, "👍"),
      pin: () => client.pin(chatId, theirs.id),
      delete: () => client.delete(own.id),
    })[what]();
    assert.equal(WebSocket.lost, 1);
    const { rev } = await client.call("chat.get", { chatId });
    assert.equal(rev, own.rev + 1, "one revision was made");
    assert.deepEqual(client.failed.getSnapshot(), []);
  });
}

Deno.test("a change of a message that is not sent yet follows the message", async () => {
  await using world = await twoPeople();
  const { anns, bobs, chatId } = world;
  await anns.client.close();
  void anns.client.send(chatId, { text: "Helo" });
  const { id } = anns.client.model.messagesOf(chatId)[0];
  void anns.client.edit(chatId, id, "Hello");
  assert.deepEqual(shown(anns, chatId), ["Hello"]);
  anns.client.connect();
  await eventually("bob sees it", () => {
    assert.deepEqual(shown(bobs, chatId), ["Hello"]);
    return true;
  });
  await eventually("none waits", () => anns.client.unsent === 0);
  assert.deepEqual(shown(anns, chatId), ["Hello"]);
});

Deno.test("changes in an encrypted chat made offline are sent encrypted after a restart", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const kept = { storage: memoryKeyStore(), deviceKey: await generateDeviceKey() };
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  await using anns = await clientOf(app.url, ann, { ...kept, device: "phone" });
  const { id: chatId } = await anns.client.encryption.createDirect(bob.id);
  const message = await anns.client.send(chatId, { text: "Helo" });
  await eventually("bob reads it", () => bobs.texts(chatId).includes("Helo"));
  await anns.client.close();
  void anns.client.edit(chatId, message.id, "Hello");
  void anns.client.react(chatId, message.id, "🎉");
  assert.deepEqual(shown(anns, chatId), ["Hello 🎉"]);
  await eventually("they are kept", async () => {
    return (await kept.storage.names("outbox/")).length === 2;
  });
  await using again = await clientOf(app.url, ann, { ...kept, offline: true });
  assert.deepEqual(shown(again, chatId), ["Hello 🎉"]);
  again.client.connect();
  await again.client.online();
  await again.client.enableEncryption("phone");
  await eventually("bob sees them", () => {
    assert.deepEqual(shown(bobs, chatId), ["Hello 🎉"]);
    return true;
  });
  await eventually("none waits", () => again.client.unsent === 0);
  await eventually("ann's row has them, too", () => rowOf(again, message)!.changes === undefined);
  assert.deepEqual(shown(again, chatId), ["Hello 🎉"]);
});

Deno.test("a shown row stays the same object until it or its changes change", async () => {
  await using world = await twoPeople();
  const { anns, chatId } = world;
  const message = await anns.client.send(chatId, { text: "Helo" });
  await anns.client.close();
  void anns.client.edit(chatId, message.id, "Hello");
  const row = rowOf(anns, message);
  void anns.client.send(chatId, { text: "Another" });
  assert.equal(rowOf(anns, message), row);
  assert.equal(anns.client.model.message(chatId, message.id), row);
  void anns.client.pin(chatId, message.id);
  assert.notEqual(rowOf(anns, message), row);
});

/** Loses the first response to a command, and breaks the connection. */
function lossySocket(cmd: string) {
  return class LossySocket extends WebSocket {
    static lost = 0;
    #id: unknown;

    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener("message", (event) => {
        const frame = JSON.parse(String(event.data));
        if (LossySocket.lost > 0 || this.#id === undefined || frame.id !== this.#id) return;
        LossySocket.lost++;
        event.stopImmediatePropagation();
        this.close();
      });
    }

    override send(text: string): void {
      const frame = JSON.parse(text);
      if (frame.cmd === cmd) this.#id = frame.id;
      super.send(text);
    }
  };
}

interface World extends AsyncDisposable {
  app: RunningApp;
  ann: Person;
  bob: Person;
  /** Has a storage. */
  anns: TestClient;
  bobs: TestClient;
  storage: ReturnType<typeof memoryKeyStore>;
  /** A direct chat without messages. */
  chatId: string;
}

async function twoPeople(): Promise<World> {
  const stack = new AsyncDisposableStack();
  const app = stack.use(await RunningApp.start());
  const { ann, bob } = await app.people("ann", "bob");
  const storage = memoryKeyStore();
  const anns = stack.use(await clientOf(app.url, ann, { storage }));
  const bobs = stack.use(await clientOf(app.url, bob));
  const { id: chatId } = await anns.client.openDirect(bob.id);
  await eventually("bob knows the chat", () => bobs.client.model.chat(chatId));
  const dispose = () => stack.disposeAsync();
  return { app, ann, bob, anns, bobs, storage, chatId, [Symbol.asyncDispose]: dispose };
}

function rowOf({ client }: TestClient, { chatId, id }: { chatId: string; id: string }) {
  return client.model.messagesOf(chatId).find((message) => message.id === id);
}

/** Returns the messages as a screen has them. */
function shown({ client }: TestClient, chatId: string): string[] {
  return client.model.messagesOf(chatId)
    .filter(({ encrypted }) => encrypted?.isShown !== false)
    .map(line);
}

function line({ text, deletedAt, reactions, pinnedAt }: LocalMessage): string {
  if (deletedAt !== null) return "(deleted)";
  const emoji = reactions.map((each) => each.emoji);
  return [text, ...emoji, ...(pinnedAt ? ["pinned"] : [])].join(" ");
}
