import { useMemo, useRef, useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { emojiTexts } from "../texts/emoji/emoji.ts";
import { language } from "../texts/texts.ts";
import { type Emoji, emojiGroups, findEmoji, TONES, withTone } from "./emoji_data.ts";
import { EmojiGrid } from "./emoji_grid.tsx";
import { keepTone, keptTone, recentEmoji, rememberEmoji } from "./recent_emoji.ts";

const MAX_FOUND = 120;
/** Stands for the emoji used recently in the row of groups. */
const RECENT = "🕘";
const HAND = "✋";

interface EmojiPickerProps {
  onPick(emoji: string): void;
}

/** Emoji by group, by name, and those used last. */
export function EmojiPicker({ onPick }: EmojiPickerProps) {
  const { kept } = useApp();
  const texts = emojiTexts.t();
  const groups = emojiGroups(texts, language.value.code);
  const recent = useMemo(() => recentOf(recentEmoji(kept), groups), [groups]);
  const [query, setQuery] = useState("");
  const [group, setGroup] = useState(recent.length > 0 ? -1 : 0);
  const [tone, setTone] = useState(() => keptTone(kept));
  const grid = useRef<HTMLDivElement>(null);
  const isSearch = query.trim() !== "";
  const shown = isSearch
    ? findEmoji(groups, query, MAX_FOUND)
    : group === -1
    ? recent
    : groups[group].emoji;
  const title = isSearch ? texts.found : group === -1 ? texts.recent : groups[group].title;
  const pick = (char: string) => {
    rememberEmoji(kept, char);
    onPick(char);
  };
  return (
    <div class="emoji-picker">
      <div class="emoji-search">
        <input
          class="input"
          type="search"
          placeholder={texts.search}
          aria-label={texts.search}
          autofocus
          autoComplete="off"
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={(event) => {
            const first = grid.current?.querySelector<HTMLElement>("button");
            if (event.key === "ArrowDown") first?.focus();
            else if (event.key === "Enter" && isSearch && shown.length > 0) {
              pick(withTone(shown[0].char, tone));
            } else return;
            event.preventDefault();
          }}
        />
        <ToneSelect
          tone={tone}
          onTone={(next) => {
            keepTone(kept, next);
            setTone(next);
          }}
        />
      </div>
      <div class="emoji-groups" role="group" aria-label={texts.kinds}>
        {[RECENT, ...groups.map(({ emoji }) => emoji[0].char)].map((char, at) => {
          const label = at === 0 ? texts.recent : groups[at - 1].title;
          return (
            <button
              key={char}
              type="button"
              class="emoji-button"
              aria-pressed={!isSearch && group === at - 1}
              aria-label={label}
              title={label}
              onClick={() => {
                setQuery("");
                setGroup(at - 1);
              }}
            >
              {char}
            </button>
          );
        })}
      </div>
      <EmojiGrid gridRef={grid} title={title} emoji={shown} tone={tone} onPick={pick} />
      <p class="visually-hidden" role="status">{isSearch ? String(shown.length) : ""}</p>
    </div>
  );
}

function ToneSelect({ tone, onTone }: { tone: number; onTone(tone: number): void }) {
  const texts = emojiTexts.t();
  return (
    <select
      class="emoji-tone"
      aria-label={texts.tone}
      title={texts.tone}
      value={tone}
      onChange={(event) => onTone(Number(event.currentTarget.value))}
    >
      {TONES.map((_, at) => (
        <option key={at} value={at} aria-label={texts.tones[at]}>{withTone(HAND, at)}</option>
      ))}
    </select>
  );
}

/** They are kept with the tone in which they were picked. */
function recentOf(chars: string[], groups: ReturnType<typeof emojiGroups>): Emoji[] {
  const all = new Map(groups.flatMap(({ emoji }) => emoji.map((each) => [each.char, each])));
  const plain = (char: string) => char.replace(/\p{Emoji_Modifier}/gu, "");
  return chars.map((char) => {
    const { name = char, words = "" } = all.get(char) ?? all.get(plain(char)) ??
      all.get(`${plain(char)}\ufe0f`) ?? {};
    return { char, name, words };
  });
}
