import assert from "node:assert/strict";
import type { MessageView } from "../../src/api/views/message.ts";
import { Model } from "../../src/client/model.ts";
import type { PendingChange } from "../../src/client/pending_change.ts";
import { PendingChanges } from "../../src/client/pending_changes.ts";

const MESSAGE = {
  id: "message",
  chatId: "chat",
  clientId: "sent",
  senderId: "ann",
  seq: 1,
  rev: 1,
  kind: "text",
  text: "first",
  media: [],
  mentions: [],
  reactions: [],
  deletedAt: null,
  pinnedAt: null,
} as unknown as MessageView;

function world() {
  const model = new Model(() => "ann");
  model.putChat({ id: "chat", rev: 0 } as never);
  const changes = new PendingChanges(model, () => "ann");
  const rows = { chatId: "chat", rev: 1, messages: [MESSAGE], members: [], more: false };
  assert.ok(model.apply(rows as never, 0));
  const edit = (clientId: string, text: string, fields = {}): PendingChange => {
    const shared = { chatId: "chat", messageId: "message", at: "", clientId, ...fields };
    return { ...shared, kind: "edit", text };
  };
  return { model, changes, edit, text: () => model.messagesOf("chat")[0].text };
}

Deno.test("PendingChanges shows changes in order over the server's row, until each is dropped", () => {
  const { changes, edit, text } = world();
  const [first, second] = [edit("1", "second"), edit("2", "third")];
  changes.put(first);
  changes.put(second);
  assert.equal(text(), "third");
  changes.drop(first);
  assert.deepEqual([text(), changes.find("1"), changes.find("2")], ["third", undefined, second]);
  changes.put(first);
  changes.drop(first);
  changes.drop(second);
  assert.deepEqual([text(), changes.find("2")], ["first", undefined]);
});

Deno.test("PendingChanges replaces a change of the same clientId, and shows none that was refused", () => {
  const { model, changes, edit, text } = world();
  changes.put(edit("1", "second"));
  changes.put(edit("2", "third"));
  changes.put(edit("1", "other"));
  assert.equal(text(), "third", "it keeps its place");
  changes.put(edit("2", "third", { failure: "refused" }));
  assert.equal(text(), "other");
  assert.equal(model.messagesOf("chat")[0].changes?.length, 2);
});
