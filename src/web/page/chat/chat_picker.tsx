import { useState } from "preact/hooks";
import type { InboxRow } from "../../../client/mod.ts";
import { useApp } from "../app/context.ts";
import { Avatar } from "../components/avatar.tsx";
import { Icon } from "../components/icon.tsx";
import { moveFocus } from "../inbox/move_focus.ts";
import { t } from "../texts/texts.ts";
import { writing } from "../texts/writing/writing.ts";

interface ChatPickerProps {
  label: string;
  /** Marks the chosen ones, where several may be chosen. */
  chosen?: readonly InboxRow[];
  isOffered?(row: InboxRow): boolean;
  onPick(row: InboxRow): void;
}

/** Chats by name, the most recent first; Enter in the field picks the first one. */
export function ChatPicker({ label, chosen, isOffered = () => true, onPick }: ChatPickerProps) {
  const app = useApp();
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  const found = app.inbox.value.filter((row) =>
    isOffered(row) && row.title.toLowerCase().includes(wanted)
  );
  const pick = (row: InboxRow) => {
    onPick(row);
    setText("");
  };
  return (
    <div class="chat-picker" onKeyDown={(event) => moveFocus(event.currentTarget, event)}>
      <input
        class="input"
        type="search"
        placeholder={label}
        aria-label={label}
        autoComplete="off"
        autofocus
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          // They move the caret.
          if (event.key === "Home" || event.key === "End") event.stopPropagation();
          if (event.key !== "Enter" || found.length === 0) return;
          event.preventDefault();
          pick(found[0]);
        }}
      />
      <ul class="people">
        {found.map((row) => (
          <li key={row.chatId}>
            <button
              type="button"
              class="person"
              aria-pressed={chosen?.some(({ chatId }) => chatId === row.chatId)}
              onClick={() => pick(row)}
            >
              <Avatar
                id={row.peerId ?? row.chatId}
                name={row.title || t().someone}
                mediaId={row.avatarMediaId}
                size="s"
              />
              <bdi class="ellipsis">{row.title || t().someone}</bdi>
              {chosen?.some(({ chatId }) => chatId === row.chatId) && <Icon name="check" />}
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="muted small" role="status">{writing.t().noChat}</p>}
    </div>
  );
}
