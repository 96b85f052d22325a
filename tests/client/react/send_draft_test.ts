import assert from "node:assert/strict";
import type { Conversation } from "../../../src/client/conversation.ts";
import { sendDraft } from "../../../src/client/react/send_draft.ts";

/** A chat with this draft, whose server refuses everything. */
function chatWith(text: string) {
  const sent: unknown[] = [];
  const chat = {
    draft: { getSnapshot: () => ({ text }) },
    sendDraft(content: unknown) {
      sent.push(content);
      return Promise.reject(new Error("refused"));
    },
  } as unknown as Conversation;
  return { chat, sent };
}

Deno.test("a composer sends text, uploads or encrypted files, and nothing of an empty field", () => {
  const files = [{ mediaId: "a" }] as never;
  const contents = [undefined, { mediaIds: [] }, { mediaIds: ["a"] }, { files: [] as never }, {
    files,
  }];
  const empty = chatWith("  ");
  for (const content of contents) sendDraft(empty.chat, content);
  assert.deepEqual(empty.sent, [{ mediaIds: ["a"] }, { files }]);
  const full = chatWith("hello");
  for (const content of contents) sendDraft(full.chat, content);
  assert.equal(full.sent.length, contents.length);
});
