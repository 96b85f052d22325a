import { useState } from "preact/hooks";
import type { InboxRow, LocalMessage } from "../../../client/mod.ts";
import { useApp } from "../app/context.ts";
import { Dialog } from "../components/dialog.tsx";
import { summaryOf } from "../inbox/last_line.tsx";
import { showToast } from "../state/toast.ts";
import { t } from "../texts/texts.ts";
import { writing } from "../texts/writing/writing.ts";
import { ChatPicker } from "./chat_picker.tsx";

interface ForwardDialogProps {
  message: LocalMessage;
  onClose(): void;
}

/** Sends a copy of a message to one or several chats: its text and its files. */
export function ForwardDialog({ message, onClose }: ForwardDialogProps) {
  const { client, people } = useApp();
  const [chosen, setChosen] = useState<readonly InboxRow[]>([]);
  const forward = () => {
    const { text, media } = message;
    const mediaIds = media.map(({ id }) => id);
    for (const { chatId, title } of chosen) {
      const content = { ...(text !== "" && { text }), ...(mediaIds.length > 0 && { mediaIds }) };
      client.send(chatId, content).catch(() => showToast(writing.t().notForwarded(title)));
    }
    showToast(writing.t().forwardedTo(chosen.length));
    onClose();
  };
  const toggle = (row: InboxRow) => {
    const others = chosen.filter(({ chatId }) => chatId !== row.chatId);
    setChosen(others.length < chosen.length ? others : [...chosen, row]);
  };
  return (
    <Dialog title={writing.t().forwardTitle} onClose={onClose}>
      <blockquote class="quoted ellipsis" dir="auto">{summaryOf(message, people)}</blockquote>
      <ChatPicker
        label={writing.t().findChat}
        chosen={chosen}
        isOffered={({ encrypted }) => mayGo(message, encrypted)}
        onPick={toggle}
      />
      <div class="dialog-buttons">
        <button type="button" class="button secondary" onClick={onClose}>{t().cancel}</button>
        <button
          type="button"
          class="button primary"
          disabled={chosen.length === 0}
          onClick={forward}
        >
          {writing.t().forward}
        </button>
      </div>
    </Dialog>
  );
}

/**
 * Encrypted content goes to encrypted chats only: the server must not read it. A file is encrypted
 * for one chat, or for none, so none goes from one kind of chat to the other.
 */
function mayGo({ kind, media, encrypted }: LocalMessage, isEncrypted: boolean): boolean {
  if (kind === "encrypted") return isEncrypted && encrypted?.files.length === 0;
  return !isEncrypted || media.length === 0;
}
