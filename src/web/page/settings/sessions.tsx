import { useState } from "preact/hooks";
import type { Output } from "../../../client/mod.ts";
import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { MoreIcon } from "../components/more_icon.tsx";
import { Section } from "../components/section.tsx";
import { useLoaded } from "../components/use_loaded.ts";
import { showToast } from "../state/toast.ts";
import { account } from "../texts/account/account.ts";
import { dateOf, shortMomentOf } from "../texts/format.ts";
import { m } from "../texts/more.ts";
import { browserNameOf, isPhone } from "./browser_name.ts";
import { ConfirmDialog } from "./confirm_dialog.tsx";

type Session = Output<"session.list">["items"][number];

/** Where the person is signed in; one session or all others can be ended. */
export function Sessions() {
  const { client } = useApp();
  const load = async () => (await client.call("session.list", {})).items;
  const [sessions, setSessions] = useLoaded(load);
  const [isAsking, setAsking] = useState(false);
  const end = (sessionId: string) =>
    attempt(async () => {
      await client.call("session.end", { sessionId });
      setSessions(await load());
    }, account.t().othersEnded(1));
  const endOthers = async () => {
    const { ended } = await client.call("session.endOthers", {});
    setSessions(await load());
    showToast(account.t().othersEnded(ended));
  };
  const others = sessions?.filter(({ current }) => !current) ?? [];
  return (
    <Section title={m().sessions}>
      <ul>
        {sessions?.map((session) => (
          <SessionRow
            key={session.id}
            session={session}
            onEnd={() => void end(session.id)}
          />
        ))}
      </ul>
      {others.length > 0 && (
        <button
          type="button"
          class="button danger"
          onClick={() => setAsking(true)}
        >
          {m().endOthers}
        </button>
      )}
      {isAsking && (
        <ConfirmDialog
          title={account.t().endOthersTitle}
          label={m().endOthers}
          onConfirm={endOthers}
          onClose={() => setAsking(false)}
        >
          <p>{account.t().othersText(others.length)} {account.t().endOthersAsk}</p>
        </ConfirmDialog>
      )}
    </Section>
  );
}

function SessionRow({ session, onEnd }: { session: Session; onEnd(): void }) {
  const { deviceName, userAgent, address, lastUsedAt, createdAt, current } = session;
  return (
    <li class="list-row">
      <span class="row-icon">
        <MoreIcon name={isPhone(userAgent) ? "phone" : "device"} />
      </span>
      <div>
        <p class="ellipsis" title={userAgent}>{deviceName || browserNameOf(userAgent)}</p>
        <p class="muted small">
          {m().lastUsed(shortMomentOf(lastUsedAt), address)} ·{" "}
          {account.t().since(dateOf(createdAt))}
        </p>
      </div>
      {current
        ? <span class="tag good">{m().thisDevice}</span>
        : <button type="button" class="button secondary" onClick={onEnd}>{m().endSession}</button>}
    </li>
  );
}
