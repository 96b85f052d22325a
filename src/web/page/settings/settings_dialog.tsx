import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { Dialog } from "../components/dialog.tsx";
import { IconButton } from "../components/icon_button.tsx";
import { MoreIcon, type MoreIconName } from "../components/more_icon.tsx";
import { openSettings, type SettingsPart } from "../state/settings_view.ts";
import { account } from "../texts/account/account.ts";
import { encryptionArea } from "../texts/encryption/encryption.ts";
import { m } from "../texts/more.ts";
import { t } from "../texts/texts.ts";
import { AccountSettings } from "./account_settings.tsx";
import { AdminLink } from "./admin_link.tsx";
import { AppearanceSettings } from "./appearance_settings.tsx";
import { DataSettings } from "./data_settings.tsx";
import { NotificationSettings } from "./notification_settings.tsx";
import { PrivacySettings } from "./privacy_settings.tsx";
import { ProfileSettings } from "./profile_settings.tsx";
import { Proof } from "./proof.tsx";
import { SecuritySettings } from "./security_settings.tsx";

const EncryptionSettings = encryptionArea.lazily(async () =>
  (await import("../encryption/encryption_settings.tsx")).EncryptionSettings
);

const PARTS: Record<SettingsPart, { icon: MoreIconName; view: ComponentType }> = {
  profile: { icon: "person", view: ProfileSettings },
  account: { icon: "key", view: AccountSettings },
  security: { icon: "shield", view: SecuritySettings },
  encryption: { icon: "lock", view: EncryptionSettings },
  notifications: { icon: "bell", view: NotificationSettings },
  privacy: { icon: "eye", view: PrivacySettings },
  appearance: { icon: "sun", view: AppearanceSettings },
  data: { icon: "box", view: DataSettings },
};

export function SettingsDialog({ onClose }: { onClose(): void }) {
  const part = openSettings.value ?? "profile";
  const Shown = PARTS[part].view;
  useFreshProfile();
  return (
    <Dialog title={m().settings} class="settings" onClose={onClose}>
      <IconButton class="settings-close" icon="close" label={t().close} onClick={onClose} />
      <SettingsNav part={part} />
      <div class="settings-content" key={part}>
        <h3>{account.t().parts[part]}</h3>
        <Shown />
      </div>
      <Proof />
    </Dialog>
  );
}

function SettingsNav({ part }: { part: SettingsPart }) {
  const nav = useRef<HTMLElement>(null);
  // On a phone, the parts are wider than the screen.
  useEffect(() => {
    nav.current!.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [part]);
  return (
    <nav ref={nav} class="settings-parts" aria-label={m().settings}>
      {(Object.keys(PARTS) as SettingsPart[]).map((each) => (
        <button
          key={each}
          type="button"
          aria-current={each === part ? "page" : undefined}
          onClick={() => openSettings.value = each}
        >
          <MoreIcon name={PARTS[each].icon} />
          {account.t().parts[each]}
        </button>
      ))}
      <AdminLink />
    </nav>
  );
}

/**
 * Other devices and followed links may have changed what no event says: the address, for example.
 */
function useFreshProfile(): void {
  const app = useApp();
  useEffect(() => {
    app.client.call("user.profile", {}).then((me) => app.me.value = me, () => {});
  }, []);
}
