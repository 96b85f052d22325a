import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Avatar } from "../components/avatar.tsx";
import { Section } from "../components/section.tsx";
import { Select } from "../components/select.tsx";
import { useLoaded } from "../components/use_loaded.ts";
import { m } from "../texts/more.ts";

type Audience = "everyone" | "shared" | "nobody";

export function PrivacySettings() {
  return (
    <>
      <Audiences />
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

function BlockedPeople() {
  const { client } = useApp();
  const load = async () => (await client.call("user.blocked", {})).items;
  const [blocked, setBlocked] = useLoaded(load);
  const unblock = (userId: string) =>
    attempt(async () => {
      await client.call("user.block", { userId, unblock: true });
      setBlocked(await load());
    });
  return (
    <Section title={m().blockedPeople}>
      {blocked?.length === 0 && <p class="muted small">{m().nobodyBlocked}</p>}
      <ul>
        {blocked?.map(({ user }) => (
          <li key={user.id} class="list-row">
            <Avatar id={user.id} name={user.displayName || user.username} size="s" />
            <div class="ellipsis">
              <bdi>{user.displayName || user.username}</bdi>
            </div>
            <button type="button" class="link-button" onClick={() => void unblock(user.id)}>
              {m().unblockPerson}
            </button>
          </li>
        ))}
      </ul>
    </Section>
  );
}
