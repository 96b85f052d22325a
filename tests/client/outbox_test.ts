import assert from "node:assert/strict";
import { ChatError } from "../../src/client/chat_error.ts";
import type { Bytes } from "../../src/client/mls/encoding.ts";
import { type KeyStore, memoryKeyStore } from "../../src/client/mls/key_store.ts";
import { type Draft, Outbox } from "../../src/client/outbox.ts";
import type { MessageView } from "../../src/api/views/message.ts";
import { eventually } from "../support/eventually.ts";

class Sender {
  readonly sent: string[] = [];
  readonly failed: string[] = [];
  readonly gone: string[] = [];
  readonly faults: unknown[] = [];
  userId = "ann";
  isReady = true;
  /** The failure of the next attempt. */
  refusal: ChatError | null = null;
  tries = 0;

  outbox(storage: KeyStore): Outbox<string> {
    return new Outbox<string>(storage, {
      userId: () => this.userId,
      isReady: () => this.isReady,
      send: ({ content }) => {
        this.tries++;
        const refusal = this.refusal;
        this.refusal = null;
        if (refusal) return Promise.reject(refusal);
        this.sent.push(content);
        return Promise.resolve({} as MessageView);
      },
      onSent: () => {},
      onFailed: ({ content }) => this.failed.push(content),
      onGone: ({ content }) => this.gone.push(content),
      onFault: (error) => this.faults.push(error),
    });
  }
}

Deno.test("Outbox sends the messages of an earlier run first, and each once", async () => {
  const storage = memoryKeyStore();
  void new Sender().outbox(storage).add(draft("old"));
  await stored(storage, 1);
  const sender = new Sender();
  const outbox = sender.outbox(storage);
  const sending = outbox.add(draft("new"));
  await stored(storage, 2);
  await outbox.load();
  outbox.open();
  await sending;
  assert.deepEqual(sender.sent, ["old", "new"]);
  assert.deepEqual(await storage.names(""), []);
});

Deno.test("Outbox does not send messages of another user", async () => {
  const storage = memoryKeyStore();
  void new Sender().outbox(storage).add(draft("ann's"));
  await stored(storage, 1);
  const sender = new Sender();
  sender.userId = "bob";
  const outbox = sender.outbox(storage);
  assert.deepEqual(await outbox.load(), []);
  outbox.open();
  await outbox.add(draft("bob's"));
  assert.deepEqual(sender.sent, ["bob's"]);
  assert.equal((await storage.names("")).length, 1);
});

Deno.test("Outbox refuses a message that cannot be stored, and does not send it", async () => {
  const storage = failing(memoryKeyStore(), "write");
  const sender = new Sender();
  const outbox = sender.outbox(storage);
  outbox.open();
  storage.fails = true;
  await assert.rejects(outbox.add(draft("lost")), /full/);
  storage.fails = false;
  await outbox.add(draft("kept"));
  assert.deepEqual([sender.sent, outbox.size], [["kept"], 0]);
});

Deno.test("Outbox sends the others if one entry cannot be read", async () => {
  const inner = memoryKeyStore();
  await inner.write({ "outbox/ann/0-broken": new TextEncoder().encode("{") });
  void new Sender().outbox(inner).add(draft("whole"));
  await stored(inner, 2);
  const sender = new Sender();
  const outbox = sender.outbox(inner);
  await outbox.load();
  outbox.open();
  await eventually("it is sent", () => sender.sent.length === 1);
  assert.deepEqual([sender.sent, sender.faults.length], [["whole"], 1]);
});

Deno.test("Outbox reports an entry that cannot be deleted, and sends the next", async () => {
  const storage = failing(memoryKeyStore(), "delete");
  const sender = new Sender();
  const outbox = sender.outbox(storage);
  outbox.open();
  storage.fails = true;
  await outbox.add(draft("one"));
  await outbox.add(draft("two"));
  assert.deepEqual([sender.sent, sender.failed], [["one", "two"], []]);
  assert.equal(sender.faults.length, 2);
});

Deno.test("Outbox keeps the place of a message that is not ready", async () => {
  const sender = new Sender();
  const outbox = sender.outbox(memoryKeyStore());
  outbox.open();
  sender.isReady = false;
  const both = [outbox.add(draft("one")), outbox.add(draft("two"))];
  await eventually("they wait", () => outbox.size === 2);
  assert.deepEqual(sender.sent, []);
  sender.isReady = true;
  outbox.open();
  await Promise.all(both);
  assert.deepEqual(sender.sent, ["one", "two"]);
});

Deno.test("Outbox loses nothing when the session ends, and a new connection ends a pause", async () => {
  const sender = new Sender();
  const outbox = sender.outbox(memoryKeyStore());
  outbox.open();
  // A pause of eleven days, unless it is ended.
  sender.refusal = new ChatError("signed_out", "no session", { retryAfterMs: 1e9 });
  const sending = outbox.add(draft("kept"));
  await eventually("it was tried", () => sender.tries === 1);
  outbox.pause();
  await eventually("it waits", () => outbox.size === 1);
  outbox.open();
  await sending;
  assert.deepEqual([sender.sent, sender.failed], [["kept"], []]);
});

Deno.test("Outbox reports a message that the server refuses, and sends the next", async () => {
  const sender = new Sender();
  const outbox = sender.outbox(memoryKeyStore());
  outbox.open();
  sender.refusal = new ChatError("forbidden", "you are blocked");
  await assert.rejects(outbox.add(draft("refused")), /blocked/);
  await outbox.add(draft("taken"));
  assert.deepEqual([sender.sent, sender.failed], [["taken"], ["refused"]]);
});

Deno.test("Outbox keeps a refused draft over a restart until it is sent again or dropped", async () => {
  const storage = memoryKeyStore();
  const before = new Sender();
  const first = before.outbox(storage);
  first.open();
  for (const content of ["again", "dropped"]) {
    before.refusal = new ChatError("forbidden", "you are blocked");
    await assert.rejects(first.add(draft(content)), /blocked/);
  }
  const sender = new Sender();
  const outbox = sender.outbox(storage);
  const kept = await outbox.load();
  assert.deepEqual(kept.map(({ content, failure }) => [content, failure]), [
    ["again", "you are blocked"],
    ["dropped", "you are blocked"],
  ]);
  outbox.open();
  assert.deepEqual([outbox.size, sender.tries], [0, 0]);
  await outbox.resend("again");
  await outbox.discard("dropped");
  assert.deepEqual(sender.sent, ["again"]);
  assert.deepEqual(await storage.names(""), []);
  await assert.rejects(outbox.resend("dropped"), { code: "not_found" });
  await assert.rejects(outbox.discard("again"), { code: "not_found" });
});

Deno.test("Outbox does not send what another tab with the same storage has sent", async () => {
  const storage = memoryKeyStore();
  const tab = new Sender();
  const first = tab.outbox(storage);
  void first.add(draft("one"));
  void first.add(draft("two"));
  await stored(storage, 2);
  const other = new Sender();
  const second = other.outbox(storage);
  await second.load();
  first.open();
  await stored(storage, 0);
  second.open();
  await eventually("the other tab drops them", () => second.size === 0);
  assert.deepEqual([tab.sent, other.sent, other.gone], [["one", "two"], [], ["one", "two"]]);
});

Deno.test("Outbox does not repeat an attempt whose entry another tab has sent meanwhile", async () => {
  const storage = memoryKeyStore();
  const tab = new Sender();
  const first = tab.outbox(storage);
  first.open();
  tab.refusal = new ChatError("offline", "no network");
  const sending = first.add(draft("edit"));
  const refused = assert.rejects(sending, { code: "conflict" });
  await eventually("it was tried", () => tab.tries === 1);
  first.pause();
  const other = new Sender();
  const second = other.outbox(storage);
  await second.load();
  second.open();
  await stored(storage, 0);
  first.open();
  await refused;
  assert.deepEqual([tab.sent, other.sent, tab.gone], [[], ["edit"], ["edit"]]);
});

Deno.test("Outbox can send a message again that could not be stored", async () => {
  const storage = failing(memoryKeyStore(), "write");
  const sender = new Sender();
  const outbox = sender.outbox(storage);
  outbox.open();
  storage.fails = true;
  await assert.rejects(outbox.add(draft("kept")), /full/);
  storage.fails = false;
  await outbox.resend("kept");
  assert.deepEqual(sender.sent, ["kept"]);
});

function draft(content: string): Draft<string> {
  return { chatId: "chat", clientId: content, content };
}

async function stored(storage: KeyStore, count: number): Promise<void> {
  await eventually("it is stored", async () => (await storage.names("")).length === count);
}

/** A storage whose writes or deletions fail while `fails` is set. */
function failing(inner: KeyStore, what: "write" | "delete"): KeyStore & { fails: boolean } {
  return {
    ...inner,
    fails: false,
    async write(changes: Record<string, Bytes | null>) {
      const isDeletion = Object.values(changes).includes(null);
      if (this.fails && isDeletion === (what === "delete")) throw new Error("the storage is full");
      await inner.write(changes);
    },
  };
}
