import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { renderSVG } from "uqr";
import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Dialog } from "../components/dialog.tsx";
import { useLoaded } from "../components/use_loaded.ts";
import { QrCode } from "../settings/qr_code.tsx";
import { signalOf } from "../state/signal_of.ts";
import { e } from "../texts/encryption/encryption.ts";
import { t } from "../texts/texts.ts";

interface VerifyDialogProps {
  chatId: string;
  userId: string;
  onClose(): void;
}

/** Returns the dialog for a person of the chat, null while it is closed, and what opens it. */
export function useVerifyDialog(chatId: string): {
  dialog: ComponentChildren;
  verify(userId: string): void;
} {
  const [userId, setUserId] = useState<string | null>(null);
  const dialog = userId === null
    ? null
    : <VerifyDialog chatId={chatId} userId={userId} onClose={() => setUserId(null)} />;
  return { dialog, verify: setUserId };
}

/** Both people compare the safety number over another channel; then the person is verified. */
function VerifyDialog({ chatId, userId, onClose }: VerifyDialogProps) {
  const { client, people } = useApp();
  const name = people.nameOf(userId);
  const [number] = useLoaded(() => client.encryption.safetyNumber(chatId, userId));
  const [differs, setDiffers] = useState(false);
  const trust = signalOf(client.encryption.trust(chatId)).value;
  const isVerified = trust.some((each) => each.userId === userId && each.isVerified);
  const mark = async () => {
    const { encryption } = client;
    const done = e().isVerifiedNow(name);
    if (await attempt(() => encryption.markVerified(chatId, userId, number!), done)) onClose();
  };
  return (
    <Dialog title={e().verifyPerson(name)} onClose={onClose}>
      <p>{isVerified ? e().verifiedText(name) : e().verifyText(name)}</p>
      {number && <SafetyNumber digits={number} />}
      {differs && <p class="fault" role="alert">{e().differText(name)}</p>}
      <div class="dialog-buttons">
        {!isVerified && number && (
          <>
            <button type="button" class="button danger" onClick={() => setDiffers(true)}>
              {e().theyDiffer}
            </button>
            <button type="button" class="button primary" onClick={() => void mark()}>
              {e().theyMatch}
            </button>
          </>
        )}
        <button type="button" class="button secondary" onClick={onClose}>{t().close}</button>
      </div>
    </Dialog>
  );
}

/** In twelve groups of five, in the order of the digits in every language. */
function SafetyNumber({ digits }: { digits: string }) {
  const groups = digits.match(/.{5}/g)!;
  const svg = renderSVG(digits, { ecc: "M", border: 4, pixelSize: 4 });
  return (
    <div class="safety-number">
      <QrCode svg={svg} label={e().safetyQr} />
      <p class="safety-digits" dir="ltr" aria-label={e().safetyNumber} role="group">
        {groups.map((group, at) => <span key={at}>{group}</span>)}
      </p>
    </div>
  );
}
