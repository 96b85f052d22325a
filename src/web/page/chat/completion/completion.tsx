import type { RefObject } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useApp } from "../../app/context.ts";
import { Avatar } from "../../components/avatar.tsx";
import type { ChatState } from "../../state/chat.ts";
import { insertText } from "../insert_text.ts";
import type { CompletionItem } from "./source.ts";
import { SOURCES } from "./sources.ts";
import { type WordAtCaret, wordAtCaret } from "./word_at_caret.ts";

interface CompletionProps {
  chat: ChatState;
  input: RefObject<HTMLTextAreaElement | null>;
}

/**
 * A list of completions above the box, by ARIA's pattern of a listbox whose focus stays in the box.
 * It listens to the box itself, before the composer does: while it is open, arrows, Enter, Tab and
 * Escape are its own.
 */
export function Completion({ chat, input }: CompletionProps) {
  const app = useApp();
  const id = useId();
  const [word, setWord] = useState<WordAtCaret | null>(null);
  const [active, setActive] = useState(0);
  const items = word ? word.source.find(word.query, { app, chat }) : [];
  const current = items[Math.min(active, items.length - 1)];
  const pick = (item: CompletionItem) => {
    insertText(input.current!, `${item.insert} `, word!.start, word!.end);
    setWord(null);
    input.current!.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    if (!current || event.isComposing) return;
    const at = items.indexOf(current);
    if (event.key === "ArrowDown") setActive((at + 1) % items.length);
    else if (event.key === "ArrowUp") setActive((at - 1 + items.length) % items.length);
    else if (event.key === "Enter" || event.key === "Tab") pick(current);
    else if (event.key === "Escape") setWord(null);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  useBoxEvents(input, onKey, (next) => {
    setWord(next);
    setActive(0);
  }, { app, chat });
  const optionId = (item: CompletionItem) => `${id}-${item.key}`;
  useEffect(() => {
    const box = input.current!;
    box.setAttribute("aria-autocomplete", "list");
    if (!current) {
      box.removeAttribute("aria-controls");
      return box.removeAttribute("aria-activedescendant");
    }
    box.setAttribute("aria-controls", id);
    box.setAttribute("aria-activedescendant", optionId(current));
    document.getElementById(optionId(current))?.scrollIntoView({ block: "nearest" });
  });
  if (!current) return null;
  return (
    <ul id={id} class="completion" role="listbox" aria-label={word!.source.title()}>
      {items.map((item) => (
        <li
          key={item.key}
          id={optionId(item)}
          role="option"
          aria-selected={item === current}
          // The focus stays in the box.
          onPointerDown={(event) => {
            event.preventDefault();
            pick(item);
          }}
        >
          {item.face && <Avatar {...item.face} size="s" />}
          {item.mark && <span class="completion-mark">{item.mark}</span>}
          <span class="completion-texts">
            <bdi class="ellipsis">{item.label}</bdi>
            {item.detail && <span class="muted small ellipsis">{item.detail}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}

function useBoxEvents(
  input: RefObject<HTMLTextAreaElement | null>,
  onKey: (event: KeyboardEvent) => void,
  onWord: (word: WordAtCaret | null) => void,
  place: Parameters<NonNullable<(typeof SOURCES)[number]["load"]>>[0],
): void {
  const latest = useRef({ onKey, onWord });
  latest.current = { onKey, onWord };
  useEffect(() => {
    const box = input.current!;
    const look = async () => {
      const find = () => wordAtCaret(box.value, box.selectionStart, SOURCES);
      const before = find();
      await before?.source.load?.(place);
      latest.current.onWord(find());
    };
    const key = (event: KeyboardEvent) => latest.current.onKey(event);
    const leave = () => latest.current.onWord(null);
    box.addEventListener("input", look);
    box.addEventListener("click", look);
    box.addEventListener("blur", leave);
    box.addEventListener("keydown", key, { capture: true });
    // A word may have been begun before this part was loaded.
    void look();
    return () => {
      box.removeEventListener("input", look);
      box.removeEventListener("click", look);
      box.removeEventListener("blur", leave);
      box.removeEventListener("keydown", key, { capture: true });
    };
  }, []);
}
