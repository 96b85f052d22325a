import assert from "node:assert/strict";
import { TypingNow } from "../../src/client/typing_now.ts";
import { eventually } from "../support/eventually.ts";

Deno.test("TypingNow expires a user whose end never came, and notifies its listener", async () => {
  const changes: string[] = [];
  const typing = new TypingNow((chatId) => changes.push(chatId), 20);
  typing.set("chat", "ann", true);
  const first = typing.of("chat");
  assert.deepEqual(first, ["ann"]);
  typing.set("chat", "ann", true);
  assert.equal(typing.of("chat"), first, "the same array until it changes");
  assert.deepEqual(changes, ["chat"]);
  await eventually("it has expired", () => typing.of("chat").length === 0);
  assert.deepEqual(changes, ["chat", "chat"]);
});

Deno.test("TypingNow keeps no timer once it is cleared", () => {
  const typing = new TypingNow(() => {});
  typing.set("chat", "ann", true);
  typing.set("other", "bob", true);
  typing.clear();
  assert.deepEqual([typing.of("chat"), typing.of("other")], [[], []]);
});
