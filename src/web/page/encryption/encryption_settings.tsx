import { useEffect } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { BackupSettings } from "./backup_settings.tsx";
import { DeviceList } from "./device_list.tsx";
import { encryptionOf } from "./encryption_state.ts";
import { StatusNotice } from "./status_notice.tsx";

/** The person's devices, and the backup of what they have read. */
export function EncryptionSettings() {
  const encryption = encryptionOf(useApp());
  useEffect(() => void encryption.start(), []);
  const isOn = encryption.status.value === "on";
  return (
    <div class="encryption-settings">
      <StatusNotice />
      {isOn && <DeviceList />}
      {isOn && <BackupSettings />}
    </div>
  );
}
