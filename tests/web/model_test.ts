import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";

// deno-lint-ignore no-explicit-any -- the page's scripts have no types
type Untyped = any;

/** The server's end of the page's WebSocket. */
class FakeSocket {
  static last: FakeSocket;
  readonly sent: { id: number; cmd: string; data: Untyped }[] = [];
  onopen = () => {};
  onmessage = (_: { data: string }) => {};
  onclose = (_: { code: number }) => {};

  constructor() {
    FakeSocket.last = this;
    queueMicrotask(() => this.onopen());
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {}

  push(frame: object): void {
    this.onmessage({ data: JSON.stringify(frame) });
  }

  /** The `nth` command of this name, once it has come. */
  async command(cmd: string, nth = 0) {
    return await eventually(
      `${cmd} is sent`,
      () => this.sent.filter((frame) => frame.cmd === cmd)[nth],
    );
  }

  async answer(cmd: string, data: object, nth = 0): Promise<void> {
    const { id } = await this.command(cmd, nth);
    this.push({ id, ok: true, data });
  }
}

const INBOX_ITEM = {
  chat: { id: "chat", kind: "group", name: "Team", createdAt: "2026-01-02T03:04:05.678Z" },
  lastMessage: null,
  unread: 0,
  rev: 1,
  me: { userId: "me", role: "member", rev: 1, readSeq: 0, deliveredSeq: 0, leftAt: null },
  peerId: null,
};

/** What of a browser the page's model needs. */
const browser = {
  document: {
    addEventListener() {},
    visibilityState: "visible",
    baseURI: "http://chat.example/",
  },
  localStorage: { getItem: () => '{"accessToken":"a","refreshToken":"r"}' },
  WebSocket: FakeSocket,
  fetch: () => Promise.resolve(Response.json({ items: [INBOX_ITEM], next: null })),
};

const WELCOME = { user: { id: "me", username: "me" }, blockedUserIds: [], sync: { items: [] } };

function message(seq: number, fields: object = {}) {
  return { id: `message ${seq}`, seq, rev: seq, senderId: "other", text: `${seq}`, ...fields };
}

async function withModel(run: (model: Untyped, socket: FakeSocket) => Promise<void>) {
  const before = Object.entries(browser).map(([name, value]) => {
    const own = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    return [name, own] as const;
  });
  Object.defineProperty(navigator, "onLine", { value: true, configurable: true });
  const { Model }: Untyped = await import("../../src/web/page/model.js");
  const model = new Model();
  try {
    await model.start();
    await run(model, FakeSocket.last);
  } finally {
    model.stop();
    for (const [name, own] of before) {
      if (own) Object.defineProperty(globalThis, name, own);
      else delete (globalThis as Untyped)[name];
    }
  }
}

Deno.test("the page sends what was written before its first connection", () =>
  withModel(async (model, socket) => {
    const chat = model.chats.get("chat");
    await model.send(chat, "early");
    assert.equal(chat.pending.size, 1);
    await socket.answer("hello", WELCOME);
    const { data } = await socket.command("message.send");
    assert.equal(data.text, "early");
    const { clientId } = data;
    await socket.answer("message.send", message(2, { senderId: "me", clientId }));
    await eventually("it is confirmed", () => chat.pending.size === 0);
    assert.equal(chat.rev, 2);
  }));

Deno.test("the page asks again for what it heard of while it was catching up", () =>
  withModel(async (model, socket) => {
    const chat = model.chats.get("chat");
    await socket.answer("hello", WELCOME);
    await eventually("it is online", () => model.connectionState === "online");
    const event = (rev: number) => ({ event: "message.created", chatId: "chat", rev });
    socket.push({ ...event(3), data: message(3) });
    assert.deepEqual((await socket.command("chat.changes")).data, { chatId: "chat", after: 1 });
    // Read before the fifth was there, and answered after it was told of.
    socket.push({ ...event(5), data: message(5) });
    const changes = { chatId: "chat", members: [], more: false };
    await socket.answer("chat.changes", { ...changes, rev: 3, messages: [message(2), message(3)] });
    assert.deepEqual((await socket.command("chat.changes", 1)).data, { chatId: "chat", after: 3 });
    const rest = { ...changes, rev: 5, messages: [message(4), message(5)] };
    await socket.answer("chat.changes", rest, 1);
    await eventually("it has all", () => chat.rev === 5);
    assert.deepEqual(chat.history.map(({ seq }: Untyped) => seq), [2, 3, 4, 5]);
    assert.equal(socket.sent.filter(({ cmd }) => cmd === "chat.changes").length, 2);
  }));
