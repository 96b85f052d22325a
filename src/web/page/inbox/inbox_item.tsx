import type { InboxRow } from "../../../client/mod.ts";
import { Avatar } from "../components/avatar.tsx";
import { Icon } from "../components/icon.tsx";
import { hrefOf, openChatId } from "../state/route.ts";
import { whenOf } from "../texts/format.ts";
import { t } from "../texts/texts.ts";
import { LastLine } from "./last_line.tsx";

export function InboxItem({ row }: { row: InboxRow }) {
  const { chatId, unread, mentions, peerId } = row;
  const title = row.title || t().someone;
  const isOpen = chatId === openChatId.value;
  return (
    <li>
      <a
        href={hrefOf(chatId)}
        class={unread > 0 ? "chat unread" : "chat"}
        aria-current={isOpen ? "page" : undefined}
      >
        <Avatar
          id={peerId ?? chatId}
          name={title}
          mediaId={row.avatarMediaId}
          presenceOf={peerId}
        />
        <span class="chat-title ellipsis">
          {row.encrypted && <Icon name="lock" />}
          <bdi>{title}</bdi>
        </span>
        <time class="chat-when muted">{whenOf(row.lastActivityAt)}</time>
        <LastLine row={row} />
        {row.muted && (
          <span class="chat-muted muted" role="img" aria-label={t().muted} title={t().muted}>
            <Icon name="muted" />
          </span>
        )}
        {unread > 0 && (
          <span class={row.muted && mentions === 0 ? "badge calm" : "badge"}>
            {mentions > 0 && "@ "}
            {unread > 999 ? "999+" : unread}
            <span class="visually-hidden">{t().unreadSuffix}</span>
          </span>
        )}
      </a>
    </li>
  );
}
