import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Checkbox } from "../components/checkbox.tsx";
import { Section } from "../components/section.tsx";
import { Select } from "../components/select.tsx";
import { useLoaded } from "../components/use_loaded.ts";
import { account } from "../texts/account/account.ts";
import { m } from "../texts/more.ts";
import { BlockedPeople } from "./blocked_people.tsx";

type Audience = "everyone" | "shared" | "nobody";

export function PrivacySettings() {
  return (
    <>
      <Audiences />
      <LastSeen />
      <BlockedPeople />
    </>
  );
}

function Audiences() {
  const { client } = useApp();
  const [settings, setSettings] = useLoaded(() => client.call("contact.settings", {}));
  if (settings === null) return null;
  const change = (input: { write?: Audience; addToGroups?: Audience }) =>
    attempt(async () => setSettings(await client.call("contact.change", input)));
  return (
    <Section title={m().privacy}>
      <Select
        label={m().whoMayWrite}
        options={m().audiences}
        value={settings.write}
        onChange={(write) => void change({ write: write as Audience })}
      />
      <Select
        label={m().whoMayAdd}
        options={m().audiences}
        value={settings.addToGroups}
        onChange={(addToGroups) => void change({ addToGroups: addToGroups as Audience })}
      />
    </Section>
  );
}

function LastSeen() {
  const { client, me } = useApp();
  const hide = (lastSeenHidden: boolean) =>
    attempt(async () => me.value = await client.call("user.update", { lastSeenHidden }));
  return (
    <Section title={account.t().lastSeen}>
      <Checkbox
        label={m().hideLastSeen}
        checked={me.value?.lastSeenHidden ?? false}
        onChange={(isHidden) => void hide(isHidden)}
      />
    </Section>
  );
}
