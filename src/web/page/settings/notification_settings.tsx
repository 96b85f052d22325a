import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Checkbox } from "../components/checkbox.tsx";
import { Section } from "../components/section.tsx";
import { useLoaded } from "../components/use_loaded.ts";
import type { Input } from "../../../client/mod.ts";
import { m } from "../texts/more.ts";
import { notifications } from "../texts/notifications/notifications.ts";
import { QuietHours } from "./quiet_hours.tsx";

const DeviceSettings = notifications.lazily(async () =>
  (await import("../notifications/device_settings.tsx")).DeviceSettings
);

export function NotificationSettings() {
  const { client } = useApp();
  const [settings, setSettings] = useLoaded(() => client.call("notification.settings", {}));
  if (settings === null) return null;
  const change = (input: Input<"notification.change">) =>
    attempt(async () => setSettings(await client.call("notification.change", input)));
  return (
    <>
      <DeviceSettings />
      <Section title={m().notifications}>
        <div>
          {Object.entries(settings.kinds).map(([kind, isOn]) => (
            <Checkbox
              key={kind}
              label={m().kinds[kind] ?? kind}
              checked={isOn}
              onChange={(checked) => void change({ kinds: { [kind]: checked } })}
            />
          ))}
        </div>
        <Checkbox
          label={m().hideContent}
          checked={settings.hideContent}
          onChange={(hideContent) => void change({ hideContent })}
        />
      </Section>
      <QuietHours
        hours={settings.quietHours}
        onChange={(quietHours) => void change({ quietHours })}
      />
    </>
  );
}
