import { useState } from "preact/hooks";
import { attempt } from "../components/attempt.ts";
import { Checkbox } from "../components/checkbox.tsx";
import { e } from "../texts/encryption/encryption.ts";
import { t } from "../texts/texts.ts";

interface RecoveryKeyProps {
  text: string;
  onSaved(): Promise<void>;
  onCancel(): void;
}

/** Shows the key once; the backup begins when the person says that it is saved. */
export function RecoveryKey({ text, onSaved, onCancel }: RecoveryKeyProps) {
  const [isSaved, setSaved] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const finish = async () => {
    setBusy(true);
    await onSaved();
    setBusy(false);
  };
  const copy = () => attempt(() => navigator.clipboard.writeText(text), t().copied);
  return (
    <>
      <p class="small">{e().keepKey}</p>
      <p class="key recovery-key" dir="ltr" role="group" aria-label={e().recoveryKey}>{text}</p>
      <button type="button" class="button secondary" onClick={() => void copy()}>
        {e().copyKey}
      </button>
      <Checkbox label={e().keyIsSaved} checked={isSaved} onChange={setSaved} />
      <div class="row-buttons">
        <button
          type="button"
          class="button primary"
          disabled={!isSaved || isBusy}
          onClick={() => void finish()}
        >
          {e().turnOn}
        </button>
        <button type="button" class="button secondary" onClick={onCancel}>{t().cancel}</button>
      </div>
    </>
  );
}
