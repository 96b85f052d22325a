import { Dialog } from "../components/dialog.tsx";
import { t } from "../texts/texts.ts";
import { EmojiPicker } from "./emoji_picker.tsx";

interface ReactionDialogProps {
  title: string;
  onPick(emoji: string): void;
  onClose(): void;
}

/** Picks one emoji for a message. */
export function ReactionDialog({ title, onPick, onClose }: ReactionDialogProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <EmojiPicker
        onPick={(emoji) => {
          onPick(emoji);
          onClose();
        }}
      />
      <div class="dialog-buttons">
        <button type="button" class="button secondary" onClick={onClose}>{t().cancel}</button>
      </div>
    </Dialog>
  );
}
