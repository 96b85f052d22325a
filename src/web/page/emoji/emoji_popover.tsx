import { useEffect, useRef } from "preact/hooks";
import { emojiTexts } from "../texts/emoji/emoji.ts";
import { EmojiPicker } from "./emoji_picker.tsx";

/** The picker above the box of the composer: several may be picked one after the other. */
export function EmojiPopover({ onPick }: { onPick(emoji: string): void }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current!.querySelector("input")!.focus(), []);
  return (
    <div ref={box} class="emoji-popover" role="dialog" aria-label={emojiTexts.t().search}>
      <EmojiPicker onPick={onPick} />
    </div>
  );
}
