import type { RefObject } from "preact";
import { emojiTexts } from "../texts/emoji/emoji.ts";
import { type Emoji, withTone } from "./emoji_data.ts";

interface EmojiGridProps {
  gridRef: RefObject<HTMLDivElement | null>;
  title: string;
  emoji: readonly Emoji[];
  tone: number;
  onPick(char: string): void;
}

/** One stop of the Tab key; arrows go through the emoji. */
export function EmojiGrid({ gridRef, title, emoji, tone, onPick }: EmojiGridProps) {
  return (
    <div class="emoji-list">
      <h3 class="small muted">{title}</h3>
      {emoji.length === 0 && <p class="muted small">{emojiTexts.t().none}</p>}
      <div
        ref={gridRef}
        class="emoji-grid"
        role="group"
        aria-label={title}
        onKeyDown={(event) => moveInGrid(event.currentTarget, event)}
      >
        {emoji.map(({ char, name }, at) => {
          const shown = withTone(char, tone);
          return (
            <button
              key={char}
              type="button"
              class="emoji-button"
              tabIndex={at === 0 ? 0 : -1}
              aria-label={name}
              title={name}
              onClick={() => onPick(shown)}
            >
              {shown}
            </button>
          );
        })}
      </div>
    </div>
  );
}

/** Left and right by the order of reading; up and down by the place on the screen. */
function moveInGrid(grid: HTMLElement, event: KeyboardEvent): void {
  const buttons = [...grid.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  if (at === -1) return;
  const columns = columnsOf(buttons);
  const forward = getComputedStyle(grid).direction === "rtl" ? -1 : 1;
  const targets: Record<string, number> = {
    ArrowRight: at + forward,
    ArrowLeft: at - forward,
    ArrowDown: at + columns,
    ArrowUp: at - columns,
    Home: 0,
    End: buttons.length - 1,
  };
  const target = buttons[targets[event.key] ?? -1];
  if (!(event.key in targets)) return;
  event.preventDefault();
  if (event.key === "ArrowUp" && !target) {
    grid.closest(".emoji-picker")!.querySelector("input")!.focus();
  }
  target?.focus();
}

function columnsOf(buttons: readonly HTMLElement[]): number {
  const top = buttons[0].offsetTop;
  const second = buttons.findIndex((each) => each.offsetTop !== top);
  return second === -1 ? buttons.length : second;
}
