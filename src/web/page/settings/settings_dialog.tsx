import { useState } from "preact/hooks";
import { Dialog } from "../components/dialog.tsx";
import { m } from "../texts/more.ts";
import { t } from "../texts/texts.ts";
import { NotificationSettings } from "./notification_settings.tsx";
import { PrivacySettings } from "./privacy_settings.tsx";
import { ProfileSettings } from "./profile_settings.tsx";
import { Proof } from "./proof.tsx";
import { SecuritySettings } from "./security_settings.tsx";

const PARTS = {
  profile: ProfileSettings,
  security: SecuritySettings,
  notifications: NotificationSettings,
  privacy: PrivacySettings,
};
type Part = keyof typeof PARTS;

export function SettingsDialog({ onClose }: { onClose(): void }) {
  const [part, setPart] = useState<Part>("profile");
  const Shown = PARTS[part];
  return (
    <Dialog title={m().settings} onClose={onClose}>
      <nav class="settings-parts" aria-label={m().settings}>
        {(Object.keys(PARTS) as Part[]).map((each) => (
          <button
            key={each}
            type="button"
            aria-current={each === part ? "page" : undefined}
            onClick={() => setPart(each)}
          >
            {m()[each]}
          </button>
        ))}
      </nav>
      <Shown />
      <Proof />
      <div class="dialog-buttons">
        <button type="button" class="button secondary" onClick={onClose}>{t().close}</button>
      </div>
    </Dialog>
  );
}
