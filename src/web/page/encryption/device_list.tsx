import { useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Section } from "../components/section.tsx";
import { useLoaded } from "../components/use_loaded.ts";
import { whenOf } from "../texts/format.ts";
import { e } from "../texts/encryption/encryption.ts";
import { t } from "../texts/texts.ts";

/** Removing one is asked for twice: it cannot be undone. */
export function DeviceList() {
  const { client } = useApp();
  const load = async () => (await client.call("device.list", {})).items;
  const [devices, setDevices] = useLoaded(load);
  const [asked, setAsked] = useState<string | null>(null);
  const ownId = client.encryption.deviceId;
  const remove = (deviceId: string) =>
    attempt(async () => {
      await client.call("device.remove", { deviceId });
      if (deviceId !== ownId) setDevices(await load());
    }, e().deviceRemoved);
  return (
    <Section title={e().devices}>
      <p class="muted small">{e().devicesText}</p>
      <ul>
        {devices?.map(({ id, name, createdAt }) => (
          <li key={id}>
            <div class="list-row">
              <div>
                <p class="ellipsis">
                  <bdi>{name}</bdi>
                </p>
                <p class="muted small ellipsis">{e().since(whenOf(createdAt))}</p>
              </div>
              {id === ownId && <span class="tag">{e().thisBrowser}</span>}
              <button
                type="button"
                class="link-button"
                aria-label={e().removeDevice(name)}
                aria-expanded={asked === id}
                onClick={() => setAsked(asked === id ? null : id)}
              >
                {e().remove}
              </button>
            </div>
            {asked === id && (
              <div class="confirm-row">
                <p class="small">{id === ownId ? e().removeOwnText : e().removeOtherText}</p>
                <div class="row-buttons">
                  <button type="button" class="button danger" onClick={() => void remove(id)}>
                    {e().remove}
                  </button>
                  <button type="button" class="button secondary" onClick={() => setAsked(null)}>
                    {t().cancel}
                  </button>
                </div>
              </div>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
