import { useRef, useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { EmptyState } from "../components/empty_state.tsx";
import type { ChatState } from "../state/chat.ts";
import { t } from "../texts/texts.ts";
import { InboxHeader } from "./inbox_header.tsx";
import { InboxItem } from "./inbox_item.tsx";
import { moveFocus } from "./move_focus.ts";

/** The list of chats, most recent first. */
export function Inbox() {
  const app = useApp();
  const [filter, setFilter] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const all = app.inbox.value;
  const found = filterChats(all, filter, (chat) => app.titleOf(chat));
  return (
    <nav class="inbox" aria-label={t().chats}>
      <InboxHeader />
      <div class="inbox-filter">
        <input
          class="input"
          type="search"
          placeholder={t().filterChats}
          aria-label={t().filterChats}
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown") moveFocus(list.current!, event);
          }}
        />
      </div>
      <ul
        ref={list}
        class="chats"
        onKeyDown={(event) => moveFocus(list.current!, event)}
      >
        {found.map((chat) => <InboxItem key={chat.id} chat={chat} />)}
      </ul>
      {all.length === 0 && app.hasInbox.value && (
        <EmptyState icon="chat" title={t().noChats} text={t().noChatsText} />
      )}
      {all.length > 0 && found.length === 0 && (
        <p class="inbox-none muted small" role="status">{t().noChatsFound(filter.trim())}</p>
      )}
    </nav>
  );
}

function filterChats(
  chats: ChatState[],
  filter: string,
  titleOf: (chat: ChatState) => string,
): ChatState[] {
  const wanted = filter.trim().toLowerCase();
  if (wanted === "") return chats;
  return chats.filter((chat) => titleOf(chat).toLowerCase().includes(wanted));
}
