import type { ChatState } from "../state/chat.ts";
import type { SignedIn } from "../state/signed_in.ts";
import { mentionsIn } from "./mentions.ts";

/**
 * Sends the text that was written in a chat, and the files that were added; once they are uploaded,
 * if they are not yet. Returns false if there is nothing to send, or a file has failed.
 */
export function sendDraft(app: SignedIn, chat: ChatState, replyTo?: string): boolean {
  const { uploads } = chat;
  const files = uploads.items.peek();
  const isEmpty = chat.text.peek().trim() === "" && files.length === 0;
  if (isEmpty || files.some(({ fault }) => fault !== null)) return false;
  if (uploads.isBusy) uploads.whenDone(() => sendNow(app, chat, replyTo));
  else sendNow(app, chat, replyTo);
  return true;
}

function sendNow({ client, drafts, people }: SignedIn, chat: ChatState, replyTo?: string): void {
  const text = chat.text.peek().trim();
  const files = chat.uploads.take();
  const mentions = mentionsIn(text, chat, people);
  if (text === "" && Object.keys(files).length === 0) return;
  chat.text.value = "";
  drafts.write(chat.id, "");
  const content = {
    ...(text !== "" && { text }),
    ...files,
    ...(mentions.length > 0 && { mentions }),
    replyTo,
  };
  // A refusal shows at the message itself.
  client.send(chat.id, content).catch(() => {});
}
