import { useState } from "preact/hooks";
import type { UserView } from "../../../api/views/user.ts";
import { useApp } from "../app/context.ts";
import { Dialog } from "../components/dialog.tsx";
import { goTo } from "../state/route.ts";
import { faultText } from "../texts/fault_text.ts";
import { t } from "../texts/texts.ts";
import { PeopleFinder } from "./people_finder.tsx";

export function NewChatDialog({ onClose }: { onClose(): void }) {
  const app = useApp();
  const [fault, setFault] = useState("");
  const pick = async (user: UserView) => {
    try {
      goTo((await app.client.openDirect(user.id)).id);
      onClose();
    } catch (error) {
      setFault(faultText(error));
    }
  };
  return (
    <Dialog title={t().newChat} onClose={onClose}>
      <PeopleFinder onPick={pick} />
      {fault && <p class="fault" role="alert">{fault}</p>}
      <div class="dialog-buttons">
        <button type="button" class="button secondary" onClick={onClose}>{t().cancel}</button>
      </div>
    </Dialog>
  );
}
