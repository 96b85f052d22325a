import { Dialog } from "../components/dialog.tsx";
import { t } from "../texts/texts.ts";

/** Deleting cannot be undone, so it is asked for twice. */
export function DeleteDialog({ onClose, onDelete }: { onClose(): void; onDelete(): void }) {
  return (
    <Dialog title={t().deleteTitle} onClose={onClose}>
      <p>{t().deleteText}</p>
      <div class="dialog-buttons">
        <button type="button" class="button secondary" onClick={onClose}>{t().cancel}</button>
        <button
          type="button"
          class="button danger"
          autofocus
          onClick={() => {
            onDelete();
            onClose();
          }}
        >
          {t().delete}
        </button>
      </div>
    </Dialog>
  );
}
