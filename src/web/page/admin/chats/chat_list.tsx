import { useState } from "preact/hooks";
import type { Output } from "../../../../client/mod.ts";
import { useApp } from "../../app/context.ts";
import { EmptyState } from "../../components/empty_state.tsx";
import { MoreButton } from "../../components/more_button.tsx";
import { Select } from "../../components/select.tsx";
import { useFilteredPages } from "../../components/use_filtered_pages.ts";
import { shortMomentOf } from "../../texts/format.ts";
import { mo } from "../../texts/moderation/moderation.ts";
import { adminHref } from "../admin_href.ts";
import { useSettled } from "../use_settled.ts";
import { ChatTags } from "./chat_tags.tsx";

type Chat = Output<"admin.chats">["items"][number];

interface Query {
  q: string;
  kind: string;
  state: string;
}

const PAGE = 20;

/** Chats that match the filters, newest first; of one person, if there is one. */
export function ChatList({ memberId }: { memberId?: string }) {
  const { client, people } = useApp();
  const [query, setQuery] = useState<Query>({ q: "", kind: "", state: "" });
  const key = useSettled(JSON.stringify({ ...query, q: query.q.trim() }));
  const pages = useFilteredPages(
    key,
    (cursor) => client.call("admin.chats", { ...inputOf(key), memberId, cursor, limit: PAGE }),
    () => true,
  );
  return (
    <>
      <search class="filters">
        <label class="field">
          <span>{mo().findChats}</span>
          <input
            type="search"
            class="input"
            value={query.q}
            placeholder={mo().findChatsHint}
            autocomplete="off"
            spellcheck={false}
            dir="auto"
            onInput={({ currentTarget }) => setQuery({ ...query, q: currentTarget.value })}
          />
        </label>
        <Select
          label={mo().kind}
          options={mo().kinds}
          value={query.kind}
          onChange={(kind) => setQuery({ ...query, kind })}
        />
        <Select
          label={mo().state}
          options={mo().states}
          value={query.state}
          onChange={(state) => setQuery({ ...query, state })}
        />
      </search>
      {memberId && (
        <div class="chosen-person">
          <span>{mo().chatsOf(people.nameOf(memberId))}</span>
          <a class="button secondary" href={adminHref("chats")}>{mo().allChats}</a>
        </div>
      )}
      {pages.isEmpty && <EmptyState icon="chat" title={mo().noChats} text={mo().noChatsText} />}
      {pages.items?.map((chat) => <ChatCard key={chat.id} chat={chat} />)}
      <MoreButton pages={pages} />
    </>
  );
}

function ChatCard({ chat }: { chat: Chat }) {
  const { id, name, kind, memberCount, lastActivityAt } = chat;
  const title = kind === "group" ? name : mo().unnamed;
  return (
    <article class="admin-card" aria-label={title}>
      <header>
        <h2 dir="auto">
          <a href={adminHref("chats", id)}>{title}</a>
        </h2>
        <ChatTags chat={chat} />
      </header>
      <p class="muted small">
        {mo().memberCount(memberCount)} · {mo().lastActivity(shortMomentOf(lastActivityAt))}
      </p>
    </article>
  );
}

function inputOf(key: string) {
  const { q, kind, state }: Query = JSON.parse(key);
  return {
    ...(q !== "" && { q }),
    ...(kind !== "" && { kind: kind as Chat["kind"] }),
    ...(state !== "" && { frozen: state === "frozen" }),
  };
}
