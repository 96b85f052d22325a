import { useApp } from "../app/context.ts";
import { Avatar } from "../components/avatar.tsx";
import { Icon } from "../components/icon.tsx";
import { hrefOf, openChatId } from "../state/route.ts";
import type { ChatState } from "../state/chat.ts";
import { whenOf } from "../texts/format.ts";
import { t } from "../texts/texts.ts";
import { LastLine } from "./last_line.tsx";

export function InboxItem({ chat }: { chat: ChatState }) {
  const app = useApp();
  const title = app.titleOf(chat);
  const unread = chat.unread.value;
  const isOpen = chat.id === openChatId.value;
  return (
    <li>
      <a
        href={hrefOf(chat.id)}
        class={unread > 0 ? "chat unread" : "chat"}
        aria-current={isOpen ? "page" : undefined}
      >
        <Avatar id={chat.peerId.value ?? chat.id} name={title} presenceOf={chat.peerId.value} />
        <span class="chat-title ellipsis">
          {chat.details.value.encrypted && <Icon name="lock" />}
          <bdi>{title}</bdi>
        </span>
        <time class="chat-when muted">{whenOf(chat.lastActivity)}</time>
        <LastLine chat={chat} />
        {chat.isMuted.value && (
          <span class="chat-muted muted" role="img" aria-label={t().muted} title={t().muted}>
            <Icon name="muted" />
          </span>
        )}
        {unread > 0 && (
          <span class="badge">
            {unread > 999 ? "999+" : unread}
            <span class="visually-hidden">{t().unreadSuffix}</span>
          </span>
        )}
      </a>
    </li>
  );
}
