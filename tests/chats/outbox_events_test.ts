import assert from "node:assert/strict";
import { outboxEntry, outboxEventsOf } from "../../src/chats/outbox_events.ts";
import type { ChatStep } from "../../src/model/chat_step.ts";
import type { Message } from "../../src/model/message.ts";
import { aMember, aMessage, T0 } from "../contract/store/rows.ts";

function sent(...messages: Partial<Message>[]): ChatStep[] {
  return messages.map((fields, at) => {
    const message = aMessage("chat", at + 1, fields);
    return { type: "message.created", rev: message.rev, message };
  });
}

function seqs(steps: ChatStep[]): number[] {
  return outboxEventsOf(steps, []).map((event) => "seq" in event ? event.seq : -1);
}

Deno.test("the last plain message of each sender in a commit stands for those before it", () => {
  const steps = sent(
    { senderId: "ann" },
    { senderId: "bob" },
    { senderId: "ann" },
    { senderId: "ann" },
    { senderId: "bob" },
  );
  assert.deepEqual(seqs(steps), [4, 5]);
});

Deno.test("messages that concern one member more than others are all notified of", () => {
  const steps = sent(
    { senderId: "ann", mentions: ["bob"] },
    { senderId: "ann", replyTo: "a message" },
    { senderId: "ann" },
    { senderId: "ann", mentions: ["bob"] },
    { senderId: "ann", kind: "system" },
    { senderId: "ann" },
  );
  assert.deepEqual(seqs(steps), [1, 2, 4, 6]);
});

Deno.test("a deleted message and a former member are withdrawn, and other changes are not", () => {
  const message = aMessage("chat", 1);
  const stays = aMember("chat", { userId: "ann" });
  const steps = [
    { type: "message.updated", rev: 2, message },
    { type: "message.deleted", rev: 3, message },
    { type: "member.updated", rev: 4, member: stays },
    { type: "member.updated", rev: 5, member: { ...stays, leftAt: T0 } },
  ] as ChatStep[];
  assert.deepEqual(outboxEventsOf(steps, []), [
    { type: "deleted", messageId: message.id },
    { type: "left", userId: "ann" },
  ]);
});

Deno.test("a person is notified of being added and of a new role by others, and not by themselves", () => {
  const by = (actorId: string | null, action: string, details?: object) => ({
    rev: 7,
    origin: { actorId, visitor: null },
    note: { action, userId: "bob", details },
  });
  const records = [
    by("ann", "member.added"),
    by("bob", "member.added"),
    by(null, "member.added"),
    by("ann", "member.removed"),
    by("ann", "member.role_changed", { to: "admin" }),
    by("bob", "member.role_changed", { to: "admin" }),
    by("ann", "member.role_changed"),
  ] as Parameters<typeof outboxEventsOf>[1];
  assert.deepEqual(outboxEventsOf([], records), [
    { type: "added", userId: "bob", actorId: "ann" },
    { type: "role", userId: "bob", actorId: "ann", role: "admin", rev: 7 },
  ]);
  assert.equal(outboxEntry("chat", [], T0), null);
});
