import { useApp } from "../../app/context.ts";
import { EmptyState } from "../../components/empty_state.tsx";
import { MoreButton } from "../../components/more_button.tsx";
import { useFilteredPages } from "../../components/use_filtered_pages.ts";
import { mo } from "../../texts/moderation/moderation.ts";
import { adminHref } from "../admin_href.ts";
import { MessageLines } from "../message_lines.tsx";
import { PersonLine } from "../person_line.tsx";
import { MessageTools } from "./message_tools.tsx";

export interface MessageQuery {
  q?: string;
  chatId?: string;
  senderId?: string;
}

const PAGE = 20;

/** Messages that match, newest first. */
export function MessageList({ query }: { query: MessageQuery }) {
  const { client } = useApp();
  const pages = useFilteredPages(
    JSON.stringify(query),
    (cursor) => client.call("admin.messages", { ...query, cursor, limit: PAGE }),
    () => true,
  );
  const deleted = (id: string) =>
    pages.change((items) =>
      items.map((each) =>
        each.id === id ? { ...each, text: "", deletedAt: new Date().toISOString() } : each
      )
    );
  return (
    <>
      {pages.isEmpty && (
        <EmptyState icon="search" title={mo().noMessages} text={mo().noMessagesText} />
      )}
      {pages.items?.map((message) => (
        <article key={message.id} class="admin-card" aria-label={mo().message}>
          <header>
            <PersonLine userId={message.senderId} />
            <a class="small" href={adminHref("chats", message.chatId)}>{mo().openChat}</a>
          </header>
          <MessageLines message={message} />
          <MessageTools
            messageId={message.id}
            isDeleted={message.deletedAt !== null}
            onDeleted={() =>
              deleted(message.id)}
          />
        </article>
      ))}
      <MoreButton pages={pages} />
    </>
  );
}
