import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import type { ChatStep } from "../../src/model/chat_step.ts";
import { outboxEventsOf } from "../../src/chats/outbox_events.ts";
import { eventsOfCommit } from "../../src/webhooks/events.ts";
import { aMessage } from "../contract/store/rows.ts";

Deno.test("a shadowed message makes no webhook and no push, the one beside it does", () => {
  const chatId = newId();
  const [shown, hidden] = [aMessage(chatId, 1), aMessage(chatId, 2, { shadow: true })];
  const steps: ChatStep[] = [
    { type: "message.created", rev: 1, message: shown },
    { type: "message.created", rev: 2, message: hidden },
    { type: "message.updated", rev: 3, message: { ...hidden, text: "edited", rev: 3 } },
  ];
  const events = eventsOfCommit({ chatId, after: 0, rev: 3, steps });
  assert.deepEqual(events.map(({ id }) => id), [shown.id]);
  const pushed = outboxEventsOf(steps, []);
  assert.deepEqual(pushed.map((event) => "messageId" in event && event.messageId), [shown.id]);
});
