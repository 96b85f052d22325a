import type { LocalMessage } from "../../../client/mod.ts";
import { useApp } from "../app/context.ts";
import { Dialog } from "../components/dialog.tsx";
import { m } from "../texts/more.ts";
import { t } from "../texts/texts.ts";
import { ReportForm } from "./report_form.tsx";

/**
 * Reports a message. Of an encrypted one, the administrators see that there was one, and no more.
 */
export function ReportDialog({ message, onClose }: { message: LocalMessage; onClose(): void }) {
  const { people } = useApp();
  const { id, senderId, text } = message;
  return (
    <Dialog title={m().reportTitle} onClose={onClose}>
      <blockquote class="reported" dir="auto">
        <strong class="small">
          <bdi>{people.nameOf(senderId)}</bdi>
        </strong>
        {text !== "" && <p class="reported-text">{text}</p>}
      </blockquote>
      <ReportForm userId={senderId} messageId={id} onSent={onClose} />
      <div class="dialog-buttons">
        <button type="button" class="button secondary" onClick={onClose}>{t().cancel}</button>
      </div>
    </Dialog>
  );
}
