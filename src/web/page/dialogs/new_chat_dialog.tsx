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

export function NewChatDialog({ onClose }: { onClose(): void }) {
  const app = useApp();
  const [fault, setFault] = useState("");
  const [isEncrypted, setEncrypted] = useState(false);
  const pick = async (user: UserView) => {
    try {
      goTo(
        isEncrypted
          ? await (await import("../encryption/begin.ts")).beginDirect(app, user.id)
          : (await app.client.openDirect(user.id)).id,
      );
      onClose();
    } catch (error) {
      setFault(faultText(error));
    }
  };
  return (
    <Dialog title={t().newChat} onClose={onClose}>
      <PeopleFinder onPick={pick} />
      <EncryptChoice checked={isEncrypted} onChange={setEncrypted} />
      {fault && <p class="fault" role="alert">{fault}</p>}
      <div class="dialog-buttons">
        <button type="button" class="button secondary" onClick={onClose}>{t().cancel}</button>
      </div>
    </Dialog>
  );
}
