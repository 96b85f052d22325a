import { useEffect, useState } from "preact/hooks";
import { type ChatClient, ChatError } from "../../../../client/mod.ts";
import type { UserView } from "../../../../api/views/user.ts";
import { useApp } from "../../app/context.ts";
import { attempt } from "../../components/attempt.ts";
import { Avatar } from "../../components/avatar.tsx";
import { EmptyState } from "../../components/empty_state.tsx";
import { Icon } from "../../components/icon.tsx";
import { Section } from "../../components/section.tsx";
import { showToast } from "../../state/toast.ts";
import { admin } from "../../texts/admin/admin.ts";
import { dateOf } from "../../texts/format.ts";
import { faultText } from "../../texts/fault_text.ts";
import { t } from "../../texts/texts.ts";
import { adminHref } from "../admin_href.ts";
import { AuditList } from "../audit/audit_list.tsx";
import { AccountActions } from "./account_actions.tsx";
import { type Suspension, suspensionOf } from "./suspension.ts";

interface Found {
  user: UserView;
  suspension: Suspension | null;
}

/** One account: its profile and state, what administrators may do with it, and its audit entries. */
export function AccountView({ userId }: { userId: string }) {
  const { client } = useApp();
  /** Undefined: not known yet. Null: there is no such account. */
  const [found, setFound] = useState<Found | null | undefined>(undefined);
  const [version, setVersion] = useState(0);
  useEffect(() => {
    read(client, userId).then(setFound, (error) => showToast(faultText(error)));
  }, [version]);
  if (found === undefined) return <p class="muted">{t().loading}</p>;
  if (found === null) {
    const { noSuchPerson, noSuchPersonText } = admin.t();
    return <EmptyState icon="search" title={noSuchPerson} text={noSuchPersonText} />;
  }
  return (
    <article class="account" aria-label={found.user.displayName || found.user.username}>
      <a class="account-back small" href={adminHref("people")}>
        <Icon name="back" flips /> {admin.t().backToList}
      </a>
      <Head {...found} />
      <AccountActions {...found} onChanged={() => setVersion(version + 1)} />
      <Section title={admin.t().trail}>
        <AuditList key={version} userId={userId} limit={10} />
        <a class="small" href={adminHref("audit", userId)}>{admin.t().wholeTrail}</a>
      </Section>
    </article>
  );
}

function Head({ user, suspension }: Found) {
  const { id, username, displayName, bio, avatarMediaId } = user;
  const name = displayName || username;
  return (
    <header class="account-head">
      <Avatar id={id} name={name} mediaId={avatarMediaId} size="l" />
      <div>
        <h2 dir="auto">{name}</h2>
        <p class="muted">
          <bdi>@{username}</bdi>
        </p>
        <p>
          <span class={suspension ? "tag warning" : "tag good"}>{stateOf(suspension)}</span>
        </p>
      </div>
      {suspension?.reason && <p class="note warning" dir="auto">{suspension.reason}</p>}
      {bio && <p class="account-bio" dir="auto">{bio}</p>}
      <p class="muted small account-id">
        <code>{id}</code>
        <button
          type="button"
          class="link-button"
          onClick={() => void attempt(() => navigator.clipboard.writeText(id), t().copied)}
        >
          {admin.t().copyId}
        </button>
      </p>
    </header>
  );
}

function stateOf(suspension: Suspension | null): string {
  if (suspension === null) return admin.t().active;
  const { until } = suspension;
  return until === null ? admin.t().suspended : admin.t().suspendedUntil(dateOf(until));
}

async function read(client: ChatClient, userId: string): Promise<Found | null> {
  try {
    const [user, suspension] = await Promise.all([
      client.call("user.get", { userId }),
      suspensionOf(client, userId),
    ]);
    return { user, suspension };
  } catch (error) {
    const isMissing = error instanceof ChatError &&
      (error.code === "not_found" || error.code === "invalid_request");
    if (isMissing) return null;
    throw error;
  }
}
