import { useEffect, useState } from "preact/hooks";
import type { ChatClient } from "../../../../client/mod.ts";
import type { UserView } from "../../../../api/views/user.ts";
import { useApp } from "../../app/context.ts";
import { Avatar } from "../../components/avatar.tsx";
import { MoreButton } from "../../components/more_button.tsx";
import { type Page, usePages } from "../../components/use_pages.ts";
import { moveFocus } from "../../inbox/move_focus.ts";
import { admin } from "../../texts/admin/admin.ts";
import { adminHref } from "../admin_href.ts";

/** Milliseconds without a key press after which is searched. */
const PAUSE_MS = 250;
const PAGE = 20;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface FindPeopleProps {
  text: string;
  onText(text: string): void;
  openId: string;
}

/** Searches as the person types. */
export function FindPeople({ text, onText, openId }: FindPeopleProps) {
  return (
    <search class="find-people">
      <label class="field">
        <span>{admin.t().findPeople}</span>
        <input
          type="search"
          class="input"
          value={text}
          placeholder={admin.t().findHint}
          autocomplete="off"
          spellcheck={false}
          dir="auto"
          onInput={({ currentTarget }) => onText(currentTarget.value)}
        />
      </label>
      {text.trim() !== "" && <Found typed={text.trim()} openId={openId} />}
    </search>
  );
}

function Found({ typed, openId }: { typed: string; openId: string }) {
  const { client } = useApp();
  const text = useSettled(typed);
  const pages = usePages(text, (cursor) => findPeople(client, text, cursor));
  return (
    <>
      <p class="muted small" role="status">
        {pages.items?.length === 0 && admin.t().nobodyFound(text)}
        {pages.items && pages.items.length > 0 && admin.t().foundCount(pages.items.length)}
      </p>
      <ul class="found-people" onKeyDown={(event) => moveFocus(event.currentTarget, event)}>
        {pages.items?.map((user) => (
          <li key={user.id}>
            <a
              class="person-line"
              href={adminHref("people", user.id)}
              aria-current={user.id === openId ? "true" : undefined}
            >
              <Avatar
                id={user.id}
                name={user.displayName || user.username}
                mediaId={user.avatarMediaId}
                size="s"
              />
              <span>
                <bdi class="ellipsis">{user.displayName || user.username}</bdi>
                <bdi class="muted small ellipsis">@{user.username}</bdi>
              </span>
            </a>
          </li>
        ))}
      </ul>
      <MoreButton pages={pages} />
    </>
  );
}

export async function findPeople(
  client: ChatClient,
  text: string,
  cursor?: string,
): Promise<Page<UserView>> {
  if (ID.test(text)) return await client.call("user.list", { userIds: [text.toLowerCase()] });
  return await client.call("user.search", { q: text.replace(/^@/, ""), cursor, limit: PAGE });
}

/** Returns the text once it has not changed for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
