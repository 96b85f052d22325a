import { type ChatClient, ChatError, type Output } from "../../../../client/mod.ts";
import { useApp } from "../../app/context.ts";
import { EmptyState } from "../../components/empty_state.tsx";
import { Icon } from "../../components/icon.tsx";
import { useLoaded } from "../../components/use_loaded.ts";
import { dateOf, shortMomentOf } from "../../texts/format.ts";
import { mo } from "../../texts/moderation/moderation.ts";
import { t } from "../../texts/texts.ts";
import { adminHref } from "../admin_href.ts";
import { AdminSection } from "../admin_section.tsx";
import { ChatTags } from "./chat_tags.tsx";
import { FreezeButton } from "./freeze_button.tsx";
import { MemberLine } from "./member_line.tsx";

export type Chat = Output<"admin.chat">;

/** One chat with its members, and what administrators may do with it. */
export function ChatView({ chatId }: { chatId: string }) {
  const { client } = useApp();
  const [found, setFound] = useLoaded(() => read(client, chatId));
  if (found === null) return <p class="muted">{t().loading}</p>;
  const { chat } = found;
  if (chat === null) {
    return (
      <EmptyState icon="search" title={mo().noSuchChat} text={mo().noSuchChatText}>
        <a href={adminHref("chats")}>{mo().allChats}</a>
      </EmptyState>
    );
  }
  const changed = async () => setFound(await read(client, chatId));
  return (
    <>
      <a class="back-link small" href={adminHref("chats")}>
        <Icon name="back" flips /> {mo().allChats}
      </a>
      <article class="admin-card" aria-label={titleOf(chat)}>
        <Head chat={chat} />
        <div class="row-buttons">
          <FreezeButton chat={chat} onChanged={changed} />
          <a class="button secondary" href={adminHref("messages", `in-${chatId}`)}>
            {mo().readMessages}
          </a>
        </div>
      </article>
      <AdminSection title={mo().members}>
        <ul class="admin-members">
          {chat.members.map((member) => (
            <MemberLine
              key={member.userId}
              chat={chat}
              member={member}
              onRemoved={changed}
            />
          ))}
        </ul>
      </AdminSection>
    </>
  );
}

function Head({ chat }: { chat: Chat }) {
  const { people } = useApp();
  const { description, createdAt, createdBy, memberCount, lastActivityAt, frozen, frozenBy } = chat;
  return (
    <>
      <header>
        <h2 dir="auto">{titleOf(chat)}</h2>
        <ChatTags chat={chat} />
      </header>
      {description && <p dir="auto">{description}</p>}
      {frozen && (
        <p class="note warning">
          {mo().frozenAt(shortMomentOf(frozen.at))} {frozenBy && mo().by(people.nameOf(frozenBy))}
          {frozen.reason && <bdi>: {frozen.reason}</bdi>}
        </p>
      )}
      <p class="muted small">
        {mo().memberCount(memberCount)} · {mo().lastActivity(shortMomentOf(lastActivityAt))}
      </p>
      <p class="muted small">
        {mo().created(dateOf(createdAt))} {mo().by(people.nameOf(createdBy))}
      </p>
    </>
  );
}

function titleOf({ kind, name }: Chat): string {
  return kind === "group" ? name : mo().unnamed;
}

async function read(client: ChatClient, chatId: string): Promise<{ chat: Chat | null }> {
  try {
    return { chat: await client.call("admin.chat", { chatId }) };
  } catch (error) {
    const isMissing = error instanceof ChatError &&
      (error.code === "not_found" || error.code === "invalid_request");
    if (isMissing) return { chat: null };
    throw error;
  }
}
