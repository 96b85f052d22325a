import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Section } from "../components/section.tsx";
import { notifications } from "../texts/notifications/notifications.ts";
import { InstallButton } from "./install_button.tsx";
import { pushState } from "./push_state.ts";
import { turnOffPush, turnOnPush } from "./push_switch.ts";

/** Notifications of this browser, and its installation as an app. */
export function DeviceSettings() {
  const app = useApp();
  const texts = notifications.t();
  const state = pushState.value;
  const isOn = state === "page" || state === "always";
  return (
    <>
      <Section title={texts.thisDevice}>
        <p class="muted" role="status">{state !== null && texts.states[state]}</p>
        {state === "off" && (
          <button
            type="button"
            class="button primary"
            onClick={() => void attempt(() => turnOnPush(app))}
          >
            {texts.turnOn}
          </button>
        )}
        {isOn && (
          <button
            type="button"
            class="button secondary"
            onClick={() => void attempt(() => turnOffPush(app))}
          >
            {texts.turnOff}
          </button>
        )}
      </Section>
      <InstallButton />
    </>
  );
}
