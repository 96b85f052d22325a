import { Dialog } from "../components/dialog.tsx";
import { t } from "../texts/texts.ts";
import { writing } from "../texts/writing/writing.ts";

type Action = keyof ReturnType<typeof writing.t>["keys"];

const KEYS: readonly [Action, string][] = [
  ["switchChat", "Ctrl + K"],
  ["search", "Ctrl + Shift + F"],
  ["shortcuts", "Ctrl + /"],
  ["send", "Enter"],
  ["newLine", "Shift + Enter"],
  ["editLast", "↑"],
  ["mention", "@"],
  ["emoji", ":"],
  ["command", "/"],
  ["bold", "**…**"],
  ["italic", "*…*"],
  ["code", "`…`"],
  ["messages", "↑ ↓"],
  ["undo", "Ctrl + Z"],
  ["escape", "Esc"],
];

export function ShortcutList({ onClose }: { onClose(): void }) {
  const isMac = /mac|iphone|ipad/i.test(navigator.platform);
  return (
    <Dialog title={writing.t().shortcuts} onClose={onClose}>
      <dl class="shortcuts">
        {KEYS.map(([action, keys]) => (
          <>
            <dt key={action}>{writing.t().keys[action]}</dt>
            <dd>
              <kbd dir="ltr">{isMac ? keys.replace("Ctrl", "⌘") : keys}</kbd>
            </dd>
          </>
        ))}
      </dl>
      <div class="dialog-buttons">
        <button type="button" class="button secondary" onClick={onClose}>{t().close}</button>
      </div>
    </Dialog>
  );
}
