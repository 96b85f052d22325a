import { Icon } from "../components/icon.tsx";
import type { ChatState } from "../state/chat.ts";
import { t } from "../texts/texts.ts";
import type { ScrollKeeper } from "./scroll_keeper.ts";

interface JumpDownProps {
  chat: ChatState;
  keeper: ScrollKeeper;
  onJump(): void;
}

/** To the newest message, with how many there are to read. */
export function JumpDown({ chat, keeper, onJump }: JumpDownProps) {
  if (keeper.isAtEnd.value) return null;
  const unread = chat.unread;
  const label = unread > 0 ? `${t().toNewest} (${t().unreadCount(unread)})` : t().toNewest;
  return (
    <button type="button" class="jump-down" aria-label={label} title={label} onClick={onJump}>
      <Icon name="down" />
      {unread > 0 && <span class="badge">{unread > 999 ? "999+" : unread}</span>}
    </button>
  );
}
