import { Dialog } from "../components/dialog.tsx";
import { ChatPicker } from "../chat/chat_picker.tsx";
import { goTo } from "../state/route.ts";
import { lazilyWithTexts } from "../texts/more.ts";
import { t } from "../texts/texts.ts";
import { writing } from "../texts/writing/writing.ts";
import { ShortcutList } from "./shortcut_list.tsx";
import { keyboardDialog } from "./shortcuts.ts";

const SearchDialog = lazilyWithTexts(async () => {
  return (await import("../search/search_dialog.tsx")).SearchDialog;
});

/** Dialogs that shortcuts open, one at a time. */
export function KeyboardDialogs() {
  const close = () => keyboardDialog.value = null;
  switch (keyboardDialog.value) {
    case "switch":
      return <SwitchDialog onClose={close} />;
    case "shortcuts":
      return <ShortcutList onClose={close} />;
    case "search":
      return <SearchDialog onClose={close} />;
    default:
      return null;
  }
}

function SwitchDialog({ onClose }: { onClose(): void }) {
  return (
    <Dialog title={writing.t().switchChat} onClose={onClose}>
      <ChatPicker
        label={writing.t().findChat}
        onPick={({ chatId }) => {
          goTo(chatId);
          onClose();
        }}
      />
      <div class="dialog-buttons">
        <button type="button" class="button secondary" onClick={onClose}>{t().cancel}</button>
      </div>
    </Dialog>
  );
}
