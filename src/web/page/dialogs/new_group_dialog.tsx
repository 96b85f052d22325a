import { useState } from "preact/hooks";
import type { UserView } from "../../../api/views/user.ts";
import { useApp } from "../app/context.ts";
import { Dialog } from "../components/dialog.tsx";
import { goTo } from "../state/route.ts";
import { faultText } from "../texts/fault_text.ts";
import { encryptionArea } from "../texts/encryption/encryption.ts";
import { t } from "../texts/texts.ts";
import { PeopleFinder } from "./people_finder.tsx";

const EncryptChoice = encryptionArea.lazily(async () =>
  (await import("../encryption/encrypt_choice.tsx")).EncryptChoice
);

export function NewGroupDialog({ onClose }: { onClose(): void }) {
  const app = useApp();
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<UserView[]>([]);
  const [fault, setFault] = useState("");
  const [isEncrypted, setEncrypted] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const toggle = (user: UserView) => {
    const rest = chosen.filter(({ id }) => id !== user.id);
    setChosen(rest.length < chosen.length ? rest : [...chosen, user]);
  };
  const create = async () => {
    setBusy(true);
    setFault("");
    try {
      const userIds = chosen.map(({ id }) => id);
      goTo(
        isEncrypted
          ? await (await import("../encryption/begin.ts")).beginGroup(app, name.trim(), userIds)
          : await app.createGroup(name.trim(), userIds),
      );
      onClose();
    } catch (error) {
      setFault(faultText(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={t().newGroup} onClose={onClose}>
      <input
        class="input"
        placeholder={t().groupName}
        aria-label={t().groupName}
        maxLength={100}
        autofocus
        autoComplete="off"
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <PeopleFinder chosen={chosen} onPick={toggle} />
      <EncryptChoice checked={isEncrypted} onChange={setEncrypted} />
      {fault && <p class="fault" role="alert">{fault}</p>}
      <div class="dialog-buttons">
        <button type="button" class="button secondary" onClick={onClose}>{t().cancel}</button>
        <button type="button" class="button primary" disabled={isBusy} onClick={create}>
          {t().createGroup}
        </button>
      </div>
    </Dialog>
  );
}
