import assert from "node:assert/strict";
import type { ChatView } from "../../../src/api/views/chat.ts";
import type { MessageView } from "../../../src/api/views/message.ts";
import { Timeline } from "../../../src/client/encryption/timeline.ts";
import type { MessageContent } from "../../../src/client/mls/message_content.ts";
import { Model } from "../../../src/client/model.ts";

/** A chat of Ann and Bob whose messages have been decrypted already. */
class TimelineWorld {
  readonly model = new Model();
  readonly timeline = new Timeline(this.model);
  #seq = 0;

  constructor() {
    this.model.putChat({ id: "chat", rev: 0 } as ChatView);
  }

  receive(senderId: string, clientId: string): MessageView {
    const seq = ++this.#seq;
    const row = { id: `m${seq}`, chatId: "chat", seq, rev: seq, senderId, clientId, text: "" };
    const times = { createdAt: `2026-01-01T00:00:0${seq}Z`, deletedAt: null, editedAt: null };
    const message = { ...row, ...times, reactions: [], kind: "encrypted", ciphertext: "c" };
    this.model.putMessages("chat", [message as unknown as MessageView]);
    return message as unknown as MessageView;
  }

  show(senderId: string, content: MessageContent): MessageView {
    const message = this.receive(senderId, content.clientId);
    this.timeline.show(message, { content });
    return message;
  }

  row(id: string) {
    const { text, reactions, editedAt, deletedAt, replyTo, encrypted } = this.model.chat("chat")!
      .messages.get(id)!;
    return { text, reactions, editedAt, deletedAt, replyTo, encrypted };
  }
}

const hello: MessageContent = { kind: "message", clientId: "c1", text: "hello" };
const target = { senderId: "ann", clientId: "c1" };

Deno.test("Timeline applies edits, reactions and deletions that came before or after their message", () => {
  for (const isBefore of [false, true]) {
    const world = new TimelineWorld();
    const message = world.receive("ann", "c1");
    const show = () => world.timeline.show(message, { content: hello });
    if (!isBefore) show();
    const edit = world.show("ann", { kind: "edit", clientId: "c2", target, text: "hello!" });
    world.show("bob", { kind: "reaction", clientId: "c3", target, emoji: "👍" });
    world.show("ann", { kind: "reaction", clientId: "c4", target, emoji: "👍" });
    world.show("bob", { kind: "reaction", clientId: "c5", target, emoji: "🎉" });
    world.show("ann", { kind: "reaction", clientId: "c6", target, emoji: "👍", remove: true });
    if (isBefore) show();
    const row = world.row(message.id);
    assert.deepEqual([row.text, row.editedAt], ["hello!", edit.createdAt]);
    assert.deepEqual(row.reactions.map(({ emoji, count, userIds }) => [emoji, count, userIds]), [
      ["👍", 1, ["bob"]],
      ["🎉", 1, ["bob"]],
    ]);
    assert.deepEqual(row.encrypted, { state: "read", files: [], isShown: true });
    assert.equal(world.row(edit.id).encrypted!.isShown, false);
    world.show("bob", { kind: "reaction", clientId: "c7", target, emoji: "🎉", remove: true });
    assert.deepEqual(world.row(message.id).reactions.map(({ emoji }) => emoji), ["👍"]);
    const deletion = world.show("ann", { kind: "delete", clientId: "c8", target });
    const { text, reactions, deletedAt } = world.row(message.id);
    assert.deepEqual([text, reactions, deletedAt], ["", [], deletion.createdAt]);
  }
});

Deno.test("Timeline lets only the sender edit or delete a message", () => {
  const world = new TimelineWorld();
  const message = world.show("ann", hello);
  const edit = world.show("bob", { kind: "edit", clientId: "c2", target, text: "forged" });
  world.show("bob", { kind: "delete", clientId: "c3", target });
  assert.deepEqual([world.row(message.id).text, world.row(message.id).deletedAt], ["hello", null]);
  assert.equal(world.row(edit.id).encrypted!.isShown, false);
  const own = { senderId: "bob", clientId: "c1" };
  world.show("bob", { kind: "edit", clientId: "c4", target: own, text: "of another message" });
  assert.equal(world.row(message.id).text, "hello", "the clientId is that of another sender");
});

Deno.test("Timeline finds the message that a reply is to by its sender and clientId", () => {
  const world = new TimelineWorld();
  const message = world.show("ann", hello);
  const reply = (replyTo: typeof target, clientId: string) => {
    return world.row(world.show("bob", { kind: "message", clientId, text: "re", replyTo }).id);
  };
  assert.equal(reply(target, "c2").replyTo, message.id);
  assert.equal(reply({ ...target, senderId: "bob" }, "c3").replyTo, null);
  assert.equal(reply({ ...target, clientId: "c9" }, "c4").replyTo, null);
});

Deno.test("Timeline shows why a message cannot be read, and forgets the effects of a chat", () => {
  const world = new TimelineWorld();
  const bad = world.receive("bob", "c9");
  world.timeline.show(bad, { fault: "key_gone" });
  assert.deepEqual(world.row(bad.id).encrypted, { state: "key_gone", files: [], isShown: true });
  world.show("ann", { kind: "edit", clientId: "c2", target, text: "late" });
  world.timeline.forget("chat");
  assert.equal(world.row(world.show("ann", hello).id).text, "hello");
});
