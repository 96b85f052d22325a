import assert from "node:assert/strict";
import type { ChatView } from "../../src/api/views/chat.ts";
import type { MemberView } from "../../src/api/views/member.ts";
import type { MessageView } from "../../src/api/views/message.ts";
import { ChatError } from "../../src/client/chat_error.ts";
import { Drafts } from "../../src/client/drafts.ts";
import { Model } from "../../src/client/model.ts";
import { OwnTyping } from "../../src/client/own_typing.ts";
import { ReadMarks } from "../../src/client/read_marks.ts";
import { LiveTimers } from "./live_timers.ts";

Deno.test("OwnTyping repeats its signal every three seconds, and stops after five without a key", () => {
  using timers = new LiveTimers();
  const now = Date.now;
  let at = now();
  Date.now = () => at;
  try {
    const told: string[] = [];
    const client = {
      state: "online",
      call: (name: string, { chatId }: { chatId: string }) => {
        told.push(`${name} ${chatId}`);
        return Promise.reject(new ChatError("offline", "lost"));
      },
    };
    const typing = new OwnTyping(client as never);
    const take = () => told.splice(0);
    typing.signal("a", true);
    at += 2_999;
    typing.signal("a", true);
    assert.deepEqual(take(), ["typing.start a"]);
    at += 1;
    typing.signal("a", true);
    assert.deepEqual([take(), timers.count], [["typing.start a"], 1]);
    typing.signal("b", false);
    assert.deepEqual(take(), [], "the user types in another chat");
    typing.signal("b", true);
    assert.deepEqual(take(), ["typing.stop a", "typing.start b"]);
    timers.passTime(5_000);
    assert.deepEqual([take(), timers.count], [["typing.stop b"], 0]);
    typing.stop();
    assert.deepEqual(take(), [], "it stopped before");
    typing.signal("b", true);
    typing.signal("b", false);
    assert.deepEqual([take(), timers.count], [["typing.start b", "typing.stop b"], 0]);
    client.state = "offline";
    typing.signal("b", true);
    typing.stop();
    assert.deepEqual(take(), []);
  } finally {
    Date.now = now;
  }
});

/** A chat with messages of seq 1 to 5, of which the caller has read the first. */
class MarksWorld {
  readonly model = new Model();
  readonly sent: number[] = [];
  readonly faults: unknown[] = [];
  isOnline = true;
  #answers: PromiseWithResolvers<void>[] = [];
  readonly marks = new ReadMarks(this.model, {
    call: ((_name: string, { seq }: { seq: number }) => {
      this.sent.push(seq);
      this.#answers.push(Promise.withResolvers());
      return this.#answers.at(-1)!.promise;
    }) as never,
    userId: () => "me",
    isOnline: () => this.isOnline,
    onFault: (error) => this.faults.push(error),
  });

  constructor() {
    this.model.putChat({ id: "chat", rev: 5 } as ChatView);
    const me = { userId: "me", rev: 1, leftAt: null, readSeq: 1, deliveredSeq: 1 };
    this.model.putMembers("chat", [me as unknown as MemberView]);
    const rows = [1, 2, 3, 4, 5].map((seq) => {
      return { id: `m${seq}`, chatId: "chat", seq, rev: seq, senderId: "ann", reactions: [] };
    });
    this.model.putHistory("chat", rows as unknown as MessageView[], true);
  }

  get readSeq(): number {
    return this.model.chat("chat")!.members.get("me")!.readSeq;
  }

  async answer(error?: ChatError): Promise<void> {
    const { resolve, reject } = this.#answers.shift()!;
    if (error) reject(error);
    else resolve();
    for (let turn = 0; turn < 3; turn++) await new Promise((done) => setTimeout(done));
  }
}

Deno.test("ReadMarks moves the cursor at once, and has one request in flight for the last mark", async () => {
  const world = new MarksWorld();
  world.marks.mark("chat", 2);
  world.marks.mark("chat", 3);
  world.marks.mark("chat", 4);
  assert.deepEqual([world.readSeq, world.sent, world.marks.of("chat")], [4, [2], 4]);
  await world.answer();
  assert.deepEqual([world.sent, world.marks.of("chat")], [[2, 4], 4]);
  await world.answer();
  assert.deepEqual([world.sent, world.marks.of("chat")], [[2, 4], undefined]);
  world.marks.mark("chat", 4);
  world.marks.mark("chat", 1);
  world.marks.mark("other", 1);
  assert.deepEqual([world.readSeq, world.sent.length], [4, 2], "nothing new");
  world.marks.mark("chat");
  assert.deepEqual([world.readSeq, world.sent.at(-1)], [5, 5]);
  await world.answer();
  world.marks.mark("chat", 99);
  assert.equal(world.sent.length, 3, "there is no message past the newest");
});

Deno.test("ReadMarks keeps a mark that could not be sent until the next connection, and drops a refused one", async () => {
  const world = new MarksWorld();
  world.isOnline = false;
  world.marks.mark("chat", 2);
  assert.deepEqual([world.readSeq, world.sent, world.marks.of("chat")], [2, [], 2]);
  world.isOnline = true;
  world.marks.connected();
  assert.deepEqual(world.sent, [2]);
  await world.answer(new ChatError("offline", "lost"));
  assert.deepEqual([world.marks.of("chat"), world.faults.length], [2, 1]);
  world.marks.connected();
  await world.answer(new ChatError("not_found", "no chat"));
  assert.deepEqual([world.marks.of("chat"), world.sent], [undefined, [2, 2]]);
  world.marks.restore("chat", 3);
  world.marks.connected();
  assert.deepEqual(world.sent, [2, 2, 3]);
  await world.answer();
});

Deno.test("Drafts are kept until they are empty, and announced before set returns", () => {
  const drafts = new Drafts();
  const changed: string[] = [];
  drafts.subscribe((chatId) => changed.push(chatId));
  const view = drafts.view("chat");
  assert.equal(drafts.view("chat"), view);
  let shown = 0;
  const unsubscribe = view.subscribe(() => shown++);
  drafts.set("chat", { text: "", replyTo: "m1" });
  assert.deepEqual([drafts.kept("chat"), shown], [{ text: "", replyTo: "m1" }, 1]);
  drafts.set("chat", { text: "Hi" });
  drafts.set("other", { text: "there" });
  assert.deepEqual([view.getSnapshot(), shown], [{ text: "Hi" }, 2]);
  drafts.set("chat", { text: "" });
  assert.deepEqual([drafts.kept("chat"), drafts.get("chat"), shown], [null, { text: "" }, 3]);
  assert.deepEqual(changed, ["chat", "chat", "other", "chat"]);
  unsubscribe();
});
