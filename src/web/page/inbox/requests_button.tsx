import { useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { signalOf } from "../state/signal_of.ts";
import { lazilyWithTexts } from "../texts/more.ts";
import { t } from "../texts/texts.ts";

const RequestsDialog = lazilyWithTexts(async () => {
  return (await import("../requests/requests_dialog.tsx")).RequestsDialog;
});

/** Only while requests wait for the person, or are shown. */
export function RequestsButton() {
  const count = signalOf(useApp().client.requests).value.length;
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      {count > 0 && (
        <button
          type="button"
          class="button secondary requests-button"
          aria-haspopup="dialog"
          onClick={() => setOpen(true)}
        >
          {t().requests} <span class="badge">{count}</span>
        </button>
      )}
      {isOpen && <RequestsDialog onClose={() => setOpen(false)} />}
    </>
  );
}
