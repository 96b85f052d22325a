import { useApp } from "../../app/context.ts";
import { Avatar } from "../../components/avatar.tsx";
import { MoreButton } from "../../components/more_button.tsx";
import { Select } from "../../components/select.tsx";
import { useFilteredPages } from "../../components/use_filtered_pages.ts";
import { moveFocus } from "../../inbox/move_focus.ts";
import { admin } from "../../texts/admin/admin.ts";
import { adminHref } from "../admin_href.ts";
import { useSettled } from "../use_settled.ts";
import {
  type Account,
  findPeople,
  type PeopleFilter,
  type PeopleQuery,
  type SearchKey,
} from "./people_query.ts";

interface FindPeopleProps {
  query: PeopleQuery;
  onQuery(query: PeopleQuery): void;
  openId: string;
}

/** Searches as the person types; without a text, it lists the newest accounts. */
export function FindPeople({ query, onQuery, openId }: FindPeopleProps) {
  return (
    <search class="find-people">
      <label class="field">
        <span>{admin.t().findPeople}</span>
        <input
          type="search"
          class="input"
          value={query.text}
          placeholder={admin.t().findHints[query.by]}
          autocomplete="off"
          spellcheck={false}
          dir="auto"
          onInput={({ currentTarget }) => onQuery({ ...query, text: currentTarget.value })}
        />
      </label>
      <Select
        label={admin.t().findBy}
        options={admin.t().findKeys}
        value={query.by}
        onChange={(by) => onQuery({ ...query, by: by as SearchKey })}
      />
      <Select
        label={admin.t().show}
        options={admin.t().peopleFilters}
        value={query.filter}
        onChange={(filter) => onQuery({ ...query, filter: filter as PeopleFilter })}
      />
      <Found query={query} openId={openId} />
    </search>
  );
}

function Found({ query, openId }: { query: PeopleQuery; openId: string }) {
  const { client } = useApp();
  const key = useSettled(JSON.stringify({ ...query, text: query.text.trim() }));
  const wanted: PeopleQuery = JSON.parse(key);
  const { text } = wanted;
  const pages = useFilteredPages(
    key,
    (cursor) => findPeople(client, wanted, cursor),
    () => true,
  );
  const { nobody, nobodyFound, foundCount } = admin.t();
  return (
    <>
      <p class="muted small" role="status">
        {pages.isEmpty && (text === "" ? nobody : nobodyFound(text))}
        {pages.items && pages.items.length > 0 && foundCount(pages.items.length)}
      </p>
      <ul class="found-people" onKeyDown={(event) => moveFocus(event.currentTarget, event)}>
        {pages.items?.map((user) => (
          <li key={user.id}>
            <FoundPerson user={user} isOpen={user.id === openId} />
          </li>
        ))}
      </ul>
      <MoreButton pages={pages} />
    </>
  );
}

function FoundPerson({ user, isOpen }: { user: Account; isOpen: boolean }) {
  const { id, username, avatarMediaId } = user;
  const name = user.displayName || username;
  const isShutOut = user.suspension !== null || user.deactivatedAt !== null;
  return (
    <a
      class="person-line"
      href={adminHref("people", id)}
      aria-current={isOpen ? "true" : undefined}
    >
      <Avatar id={id} name={name} mediaId={avatarMediaId} size="s" />
      <span>
        <bdi class="ellipsis">{name}</bdi>
        <bdi class="muted small ellipsis">@{username}</bdi>
      </span>
      {isShutOut && <span class="tag warning">{admin.t().suspended}</span>}
      {user.shadowedAt && <span class="tag warning">{admin.t().shadowed}</span>}
      {user.bot && <span class="tag">{admin.t().bot}</span>}
    </a>
  );
}
