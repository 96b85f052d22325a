import type { InboxRow, LocalMessage } from "../../../client/mod.ts";
import { useApp } from "../app/context.ts";
import { openChatId } from "../state/route.ts";
import type { People } from "../state/people.ts";
import { plainOf } from "../rich_text/tokens.ts";
import { systemText } from "../state/system_text.ts";
import { t } from "../texts/texts.ts";

/** Under the name of a chat: who is typing, a text that was begun, or the last message. */
export function LastLine({ row }: { row: InboxRow }) {
  const app = useApp();
  const { people, drafts, client } = app;
  if (row.typing.length > 0) {
    return <span class="chat-line ellipsis typing-now">{t().typingShort}</span>;
  }
  const draft = row.chatId === openChatId.value ? "" : drafts.read(row.chatId);
  if (draft !== "") {
    return (
      <span class="chat-line muted ellipsis">
        <em class="draft-mark">{t().draft}</em> {draft}
      </span>
    );
  }
  const last = row.lastMessage;
  if (!last) return <span class="chat-line" />;
  if (last.kind === "system") {
    return (
      <span class="chat-line muted ellipsis">{systemText.value?.(last, app) ?? last.text}</span>
    );
  }
  const text = summaryOf(last, people);
  return (
    <span class="chat-line muted ellipsis">
      {last.senderId === client.userId
        ? t().youSaid(text)
        : row.kind === "group"
        ? t().said(people.nameOf(last.senderId), text)
        : text}
    </span>
  );
}

/** Characters of a message that are read for its line. */
const MAX_SUMMARY = 300;

/** A message in one line, without its marks. */
export function summaryOf(message: LocalMessage, people: People): string {
  if (message.deletedAt !== null) return t().deleted;
  if (people.isBlocked(message.senderId)) return t().fromBlocked;
  if (message.kind === "encrypted" && message.encrypted?.state !== "read") {
    return t().encryptedShort;
  }
  if (message.text !== "" || message.kind === "system") {
    return plainOf(message.text.slice(0, MAX_SUMMARY));
  }
  const files = message.encrypted?.files ?? message.media;
  const arePictures = files.every(({ type }) => type.startsWith("image/"));
  return arePictures ? t().picture : t().attachment;
}
