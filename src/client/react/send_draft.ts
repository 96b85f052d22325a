import type { Conversation } from "../conversation.ts";
import type { SendContent } from "../pending_row.ts";

/** Sends the draft of a chat and empties it; does nothing without text and files. */
export function sendDraft(
  chat: Pick<Conversation, "draft" | "sendDraft">,
  content: Omit<SendContent, "text" | "replyTo"> = {},
): void {
  const isEmpty = chat.draft.getSnapshot().text.trim() === "";
  if (isEmpty && !content.mediaIds?.length && !content.files?.length) return;
  // The model shows a refused one as `failed`.
  chat.sendDraft(content).catch(() => {});
}
