import { useRef, useState } from "preact/hooks";
import { IconButton } from "../components/icon_button.tsx";
import { useDismiss } from "../components/use_dismiss.ts";
import { emojiTexts } from "../texts/emoji/emoji.ts";
import { t } from "../texts/texts.ts";

const EmojiPopover = emojiTexts.lazily(async () => {
  return (await import("../emoji/emoji_popover.tsx")).EmojiPopover;
});

export function EmojiButton({ onPick }: { onPick(emoji: string): void }) {
  const [isOpen, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  useDismiss(place, isOpen, () => setOpen(false));
  return (
    <div ref={place}>
      <IconButton
        icon="smile"
        label={t().emoji}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      />
      {isOpen && <EmojiPopover onPick={onPick} />}
    </div>
  );
}
