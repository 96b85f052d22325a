import { useState } from "preact/hooks";
import {
  formatRecoveryKey,
  generateRecoveryKey,
  type HistoryBackupState,
} from "../../../client/encryption/mod.ts";
import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Section } from "../components/section.tsx";
import { signalOf } from "../state/signal_of.ts";
import { e } from "../texts/encryption/encryption.ts";
import { t } from "../texts/texts.ts";
import { RecoveryKey } from "./recovery_key.tsx";
import { RestoreForm } from "./restore_form.tsx";

interface NewKey {
  bytes: ReturnType<typeof generateRecoveryKey>;
  text: string;
}

/** Sets up the backup of decrypted messages, restores it, and turns it off. */
export function BackupSettings() {
  const { client } = useApp();
  const { history } = client.encryption;
  const state = signalOf(history.state).value;
  const [key, setKey] = useState<NewKey | null>(null);
  const [isAsking, setAsking] = useState(false);
  const begin = async () => {
    const bytes = generateRecoveryKey();
    setKey({ bytes, text: await formatRecoveryKey(bytes) });
  };
  const turnOn = async () => {
    if (await attempt(() => history.turnOn(key!.bytes), e().backupIsOn)) setKey(null);
  };
  const turnOff = async () => {
    if (await attempt(() => history.turnOff(), e().backupIsOff)) setAsking(false);
  };
  const isOn = state === "on" || state === "full";
  return (
    <Section title={e().backup}>
      {!key && <p class="muted small">{textOf(state)}</p>}
      {key && <RecoveryKey text={key.text} onSaved={turnOn} onCancel={() => setKey(null)} />}
      {!key && state === "locked" && <RestoreForm />}
      {!key && state === "locked" && (
        <div class="confirm-row">
          <p class="muted small">{`${e().lostKey} ${e().newKeyText}`}</p>
          <Button label={e().newKey} onClick={begin} />
        </div>
      )}
      {!key && state === "off" && <Button label={e().setUpBackup} onClick={begin} />}
      {!key && isOn && !isAsking && (
        <div class="row-buttons">
          <Button label={e().newKey} onClick={begin} />
          <Button label={e().turnOff} onClick={() => setAsking(true)} isDanger />
        </div>
      )}
      {!key && isOn && isAsking && (
        <>
          <p class="small">{e().turnOffText}</p>
          <div class="row-buttons">
            <Button label={e().turnOff} onClick={turnOff} isDanger />
            <Button label={t().cancel} onClick={() => setAsking(false)} />
          </div>
        </>
      )}
    </Section>
  );
}

function textOf(state: HistoryBackupState): string {
  if (state === "unknown") return t().loading;
  if (state === "on") return e().backupOn;
  if (state === "full") return e().backupFull;
  return state === "locked" ? e().backupLocked : e().backupOff;
}

function Button(
  { label, onClick, isDanger }: { label: string; onClick(): unknown; isDanger?: boolean },
) {
  const kind = isDanger ? "danger" : "secondary";
  return (
    <button type="button" class={`button ${kind}`} onClick={() => void onClick()}>{label}</button>
  );
}
