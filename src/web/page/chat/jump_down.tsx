import { Icon } from "../components/icon.tsx";
import type { ChatState } from "../state/chat.ts";
import { t } from "../texts/texts.ts";

interface JumpDownProps {
  chat: ChatState;
  onJump(): void;
}

/** To the newest message, with how many there are to read. */
export function JumpDown({ chat, onJump }: JumpDownProps) {
  const unread = chat.unread;
  const label = unread > 0 ? `${t().toNewest} (${t().unreadCount(unread)})` : t().toNewest;
  return (
    <button type="button" class="jump-down" aria-label={label} title={label} onClick={onJump}>
      <Icon name="down" />
      {unread > 0 && <span class="badge">{unread > 999 ? "999+" : unread}</span>}
    </button>
  );
}
