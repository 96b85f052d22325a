import { Section } from "../components/section.tsx";
import { install, installation } from "../state/installation.ts";
import { notifications } from "../texts/notifications/notifications.ts";

/** Only where the browser can install the page, or has installed it. */
export function InstallButton() {
  const texts = notifications.t();
  const state = installation.value;
  if (state === "unavailable") return null;
  return (
    <Section title={texts.installTitle}>
      <p class="muted">{state === "installed" ? texts.installed : texts.installText}</p>
      {state === "possible" && (
        <button
          type="button"
          class="button secondary"
          onClick={() => void install()}
        >
          {texts.install}
        </button>
      )}
    </Section>
  );
}
