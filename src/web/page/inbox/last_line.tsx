import type { LocalMessage } from "../../../client/mod.ts";
import { useApp } from "../app/context.ts";
import { openChatId } from "../state/route.ts";
import type { ChatState } from "../state/chat.ts";
import type { People } from "../state/people.ts";
import { t } from "../texts/texts.ts";

/** Under the name of a chat: who is writing, a text that was begun, or the last message. */
export function LastLine({ chat }: { chat: ChatState }) {
  const { people, drafts } = useApp();
  if (chat.typing.value.length > 0) {
    return <span class="chat-line ellipsis typing-now">{t().typingShort}</span>;
  }
  const draft = chat.id === openChatId.value ? "" : drafts.read(chat.id);
  if (draft !== "") {
    return (
      <span class="chat-line muted ellipsis">
        <em class="draft-mark">{t().draft}</em> {draft}
      </span>
    );
  }
  const last = chat.lastMessage;
  return <span class="chat-line muted ellipsis">{last && lineOf(chat, last, people)}</span>;
}

function lineOf(chat: ChatState, message: LocalMessage, people: People): string {
  const text = summaryOf(message, people);
  if (message.senderId === chat.myId) return t().youSaid(text);
  return chat.isGroup ? t().said(people.nameOf(message.senderId), text) : text;
}

/** A message in one line. */
export function summaryOf(message: LocalMessage, people: People): string {
  if (message.deletedAt !== null) return t().deleted;
  if (people.isBlocked(message.senderId)) return t().fromBlocked;
  if (message.kind === "encrypted" && message.encrypted?.state !== "read") {
    return t().encryptedShort;
  }
  if (message.text !== "") return message.text;
  return message.media.every(({ kind }) => kind === "image") ? t().picture : t().attachment;
}
