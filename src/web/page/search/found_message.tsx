import type { MessageView } from "../../../api/views/message.ts";
import { useApp } from "../app/context.ts";
import { Avatar } from "../components/avatar.tsx";
import { summaryOf } from "../inbox/last_line.tsx";
import { whenOf } from "../texts/format.ts";

/** A message outside of its chat; a press opens it there. */
export function FoundMessage({ message, onOpen }: { message: MessageView; onOpen(): void }) {
  const { client, people } = useApp();
  const { senderId, chatId, createdAt } = message;
  const row = client.inbox.row(chatId);
  const sender = people.nameOf(senderId);
  const place = row?.kind === "group" ? `${sender} · ${row.title}` : row?.title ?? sender;
  return (
    <li>
      <button type="button" class="person found-message" onClick={onOpen}>
        <Avatar id={senderId} name={sender} size="s" />
        <span class="found-text">
          <span class="small muted ellipsis">{place}</span>
          <span class="ellipsis" dir="auto">
            {summaryOf({ ...message, status: "sent" }, people)}
          </span>
        </span>
        <time class="small muted">{whenOf(createdAt)}</time>
      </button>
    </li>
  );
}
