import assert from "node:assert/strict";
import type { MediaAttachment } from "../../../src/model/media_attachment.ts";
import { alertOf } from "../../../src/notifications/push/text.ts";
import { aChat, aMessage } from "../../contract/store/rows.ts";

const chat = aChat({ name: "Team" });

function bodyOf(media: Partial<MediaAttachment>[], text = ""): string | undefined {
  const message = aMessage(chat.id, 1, { text, media: media as MediaAttachment[] });
  return alertOf({ kind: "message", chat, message, actorName: "Ann", data: {} }, false)?.body;
}

Deno.test("alertOf describes a message without text by its files", () => {
  assert.equal(bodyOf([{ kind: "image" }], "Look"), "Ann: Look");
  assert.equal(bodyOf([{ kind: "image" }]), "Ann: Picture");
  assert.equal(bodyOf([{ kind: "image" }, { kind: "video" }]), "Ann: 2 files");
  assert.equal(bodyOf([]), "Ann: File", "deleted since");
});

Deno.test("alertOf returns null if content is hidden or the chat is encrypted", () => {
  const message = aMessage(chat.id, 1);
  const subject = { kind: "message", chat, message, actorName: "Ann", data: {} } as const;
  assert.notEqual(alertOf(subject, false), null);
  assert.equal(alertOf(subject, true), null);
  assert.equal(alertOf({ ...subject, chat: { ...chat, encrypted: true } }, false), null);
});
