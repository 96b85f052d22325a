import { Dialog } from "../components/dialog.tsx";
import { e } from "../texts/encryption/encryption.ts";
import { t } from "../texts/texts.ts";
import { RestoreForm } from "./restore_form.tsx";

export function RestoreDialog({ onClose }: { onClose(): void }) {
  return (
    <Dialog title={e().restoreTitle} onClose={onClose}>
      <p>{e().backupLocked}</p>
      <RestoreForm onDone={onClose} />
      <div class="dialog-buttons">
        <button type="button" class="button secondary" onClick={onClose}>{t().cancel}</button>
      </div>
    </Dialog>
  );
}
