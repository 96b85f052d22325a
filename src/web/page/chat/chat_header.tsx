import { useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { Avatar } from "../components/avatar.tsx";
import { BotMark } from "../components/bot_mark.tsx";
import { Icon } from "../components/icon.tsx";
import { InChat } from "../encryption/in_chat.ts";
import type { ChatState } from "../state/chat.ts";
import { whenOf } from "../texts/format.ts";
import { lazilyWithTexts } from "../texts/more.ts";
import { t } from "../texts/texts.ts";

const ChatDetails = lazilyWithTexts(async () =>
  (await import("../details/chat_details.tsx")).ChatDetails
);

/** Members who are named under a group's name; the others are counted. */
const MAX_NAMED = 6;

export function ChatHeader({ chat }: { chat: ChatState }) {
  const row = chat.row.value;
  const title = row?.title || t().someone;
  const [isOpen, setOpen] = useState(false);
  return (
    <header class="bar chat-header">
      <a class="icon-button back" href="#" aria-label={t().backToChats} title={t().backToChats}>
        <Icon name="back" flips />
      </a>
      <h1 class="visually-hidden">{title}</h1>
      <button
        type="button"
        class="heading-button"
        aria-haspopup="dialog"
        title={t().aboutChat}
        onClick={() => setOpen(true)}
      >
        <Avatar
          id={row?.peerId ?? chat.id}
          name={title}
          mediaId={row?.avatarMediaId}
          presenceOf={row?.peerId}
        />
        <div class="chat-heading">
          <strong class="ellipsis chat-name">
            {row?.encrypted && <Icon name="lock" />}
            <bdi>{title}</bdi> <BotMark userId={row?.peerId} />
            {row?.encrypted && <InChat mark={chat} />}
          </strong>
          <p class="muted small ellipsis">
            {chat.isGroup ? <GroupLine chat={chat} /> : <PresenceLine chat={chat} />}
          </p>
        </div>
      </button>
      {isOpen && <ChatDetails chat={chat} onClose={() => setOpen(false)} />}
    </header>
  );
}

function GroupLine({ chat }: { chat: ChatState }) {
  const { people } = useApp();
  const memberCount = chat.row.value?.memberCount ?? 0;
  if (!chat.isOpened.value) return <>{t().memberCount(memberCount)}</>;
  const present = chat.members.value.filter(({ leftAt }) => leftAt === null);
  const names = present.slice(0, MAX_NAMED).map(({ userId }) =>
    userId === chat.myId ? t().youLower : people.nameOf(userId)
  );
  const others = memberCount - names.length;
  if (others > 0) names.push(t().andMore(others));
  return <>{names.join(", ")}</>;
}

function PresenceLine({ chat }: { chat: ChatState }) {
  const { people } = useApp();
  const peerId = chat.row.value?.peerId ?? null;
  const presence = peerId === null ? null : people.person(peerId).presence;
  if (presence === null) return <>&nbsp;</>;
  const { state, text, lastSeenAt } = presence;
  if (state === "online" || state === "away" || state === "busy") {
    return <>{text ? `${t()[state]} · ${text}` : t()[state]}</>;
  }
  return <>{lastSeenAt ? t().lastSeen(whenOf(lastSeenAt)) : "\u00a0"}</>;
}
