import { m } from "../texts/more.ts";
import { CodeEntry } from "./code_entry.tsx";
import { QrCode } from "./qr_code.tsx";

interface KeySetupProps {
  secret: string;
  qrSvg: string;
  onCode(code: string): Promise<void>;
}

/** The key for the authenticator app, and the code by which the app shows that it has it. */
export function KeySetup({ secret, qrSvg, onCode }: KeySetupProps) {
  return (
    <div class="key-setup">
      <QrCode svg={qrSvg} />
      <div>
        <p class="small">{m().scanCode}</p>
        <p class="key" dir="ltr">{secret}</p>
        <p class="small">{m().enterCode}</p>
        <CodeEntry label={m().turnOn} onCode={onCode} />
      </div>
    </div>
  );
}
