import { useRef, useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { EmptyState } from "../components/empty_state.tsx";
import type { InboxRow } from "../../../client/mod.ts";
import { goTo } from "../state/route.ts";
import { t } from "../texts/texts.ts";
import { InboxHeader, type StartDialog } from "./inbox_header.tsx";
import { InboxItem } from "./inbox_item.tsx";
import { moveFocus } from "./move_focus.ts";
import { RequestsButton } from "./requests_button.tsx";

/** The list of chats, most recent first. */
export function Inbox() {
  const app = useApp();
  const [filter, setFilter] = useState("");
  const [dialog, setDialog] = useState<StartDialog | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const all = app.inbox.value;
  const found = filterChats(all, filter);
  return (
    <nav class="inbox" aria-label={t().chats}>
      <h1 class="visually-hidden">{t().chats}</h1>
      <InboxHeader dialog={dialog} onDialog={setDialog} />
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
            else if (event.key === "Escape") setFilter("");
            else if (event.key === "Enter" && found.length > 0) {
              goTo(found[0].chatId);
              setFilter("");
            }
          }}
        />
      </div>
      <RequestsButton />
      <ul
        ref={list}
        class="chats"
        onKeyDown={(event) => moveFocus(list.current!, event)}
      >
        {found.map((row) => <InboxItem key={row.chatId} row={row} />)}
      </ul>
      {all.length === 0 && app.hasInbox.value && (
        <EmptyState icon="chat" title={t().noChats} text={t().noChatsText}>
          <button
            type="button"
            class="button primary"
            onClick={() =>
              setDialog("chat")}
          >
            {t().findSomeone}
          </button>
        </EmptyState>
      )}
      {all.length > 0 && found.length === 0 && (
        <p class="inbox-none muted small" role="status">{t().noChatsFound(filter.trim())}</p>
      )}
    </nav>
  );
}

function filterChats(rows: readonly InboxRow[], filter: string): readonly InboxRow[] {
  const wanted = filter.trim().toLowerCase();
  if (wanted === "") return rows;
  return rows.filter(({ title }) => title.toLowerCase().includes(wanted));
}
