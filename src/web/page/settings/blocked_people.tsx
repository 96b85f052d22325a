import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Avatar } from "../components/avatar.tsx";
import { Section } from "../components/section.tsx";
import { useLoaded } from "../components/use_loaded.ts";
import { account } from "../texts/account/account.ts";
import { dateOf } from "../texts/format.ts";
import { m } from "../texts/more.ts";

export function BlockedPeople() {
  const { client } = useApp();
  const load = async () => (await client.call("user.blocked", {})).items;
  const [blocked, setBlocked] = useLoaded(load);
  if (blocked === null) return null;
  const unblock = (userId: string, name: string) =>
    attempt(async () => {
      await client.call("user.block", { userId, unblock: true });
      setBlocked(await load());
    }, account.t().unblocked(name));
  return (
    <Section title={m().blockedPeople}>
      <p class="muted small">
        {blocked.length === 0 ? m().nobodyBlocked : account.t().blockedText}
      </p>
      <ul>
        {blocked.map(({ user, blockedAt }) => {
          const name = user.displayName || user.username || account.t().deletedAccount;
          return (
            <li key={user.id} class="list-row">
              <Avatar id={user.id} name={name} mediaId={user.avatarMediaId} size="s" />
              <div>
                <p class="ellipsis">
                  <bdi>{name}</bdi>
                </p>
                <p class="muted small">{account.t().blockedSince(dateOf(blockedAt))}</p>
              </div>
              <button
                type="button"
                class="button secondary"
                onClick={() => void unblock(user.id, name)}
              >
                {m().unblockPerson}
              </button>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
