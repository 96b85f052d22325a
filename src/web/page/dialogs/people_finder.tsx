import { useEffect, useState } from "preact/hooks";
import type { UserView } from "../../../api/views/user.ts";
import { useApp } from "../app/context.ts";
import { Avatar } from "../components/avatar.tsx";
import { Icon } from "../components/icon.tsx";
import { faultText } from "../texts/fault_text.ts";
import { t } from "../texts/texts.ts";

/** Milliseconds after the last key until people are looked for. */
const DEBOUNCE_MS = 200;
const LIMIT = 20;

interface PeopleFinderProps {
  /** Those who are chosen stand first, and are marked. */
  chosen?: UserView[];
  /** Not offered: they are there already. */
  excluded?: ReadonlySet<string>;
  onPick(user: UserView): void;
}

/** Finds people by name as one types. */
export function PeopleFinder({ chosen, excluded, onPick }: PeopleFinderProps) {
  const [text, setText] = useState("");
  const { found, status } = useFound(text.trim());
  const isChosen = (user: UserView) => chosen?.some(({ id }) => id === user.id) ?? false;
  const others = found.filter((user) => !isChosen(user) && !excluded?.has(user.id));
  return (
    <>
      <input
        class="input"
        type="search"
        placeholder={t().findPlaceholder}
        aria-label={t().findPeople}
        autoComplete="off"
        autoCapitalize="none"
        autofocus={chosen === undefined}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <p class="muted small" role="status">{status}</p>
      <ul class="people">
        {[...chosen ?? [], ...others].map((user) => (
          <PersonButton
            key={user.id}
            user={user}
            isChosen={chosen && isChosen(user)}
            onPick={() => {
              onPick(user);
              if (chosen) setText("");
            }}
          />
        ))}
      </ul>
    </>
  );
}

function PersonButton(
  { user, isChosen, onPick }: { user: UserView; isChosen?: boolean; onPick(): void },
) {
  const name = user.displayName || user.username;
  return (
    <li>
      <button type="button" class="person" aria-pressed={isChosen} onClick={onPick}>
        <Avatar id={user.id} name={name} size="s" />
        <bdi class="ellipsis">{name}</bdi>
        <span class="muted ellipsis">@{user.username}</span>
        {isChosen && <Icon name="check" />}
      </button>
    </li>
  );
}

function useFound(text: string): { found: UserView[]; status: string } {
  const { client } = useApp();
  const [state, setState] = useState<{ found: UserView[]; status: string }>({
    found: [],
    status: t().findHint,
  });
  useEffect(() => {
    if (text === "") return setState({ found: [], status: t().findHint });
    let isStale = false;
    const timer = setTimeout(async () => {
      const next = { found: [] as UserView[], status: "" };
      try {
        const { items } = await client.call("user.search", { q: text, limit: LIMIT });
        next.found = items.filter(({ id }) => id !== client.user?.id);
        if (next.found.length === 0) next.status = t().nobodyFound(text);
      } catch (error) {
        next.status = faultText(error);
      }
      if (!isStale) setState(next);
    }, DEBOUNCE_MS);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [text]);
  return state;
}
