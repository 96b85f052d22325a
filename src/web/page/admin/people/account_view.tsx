import { useEffect, useState } from "preact/hooks";
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
import { AccountFacts } from "./account_facts.tsx";
import { type Account, findAccount } from "./people_query.ts";

/**
 * One account: its profile and state, what administrators may do with it, and its audit entries.
 */
export function AccountView({ userId }: { userId: string }) {
  const { client } = useApp();
  /** Undefined: not known yet. Null: there is no such account. */
  const [user, setUser] = useState<Account | null | undefined>(undefined);
  const [version, setVersion] = useState(0);
  useEffect(() => {
    findAccount(client, userId).then(setUser, (error) => showToast(faultText(error)));
  }, [version]);
  if (user === undefined) return <p class="muted">{t().loading}</p>;
  if (user === null) {
    const { noSuchPerson, noSuchPersonText } = admin.t();
    return <EmptyState icon="search" title={noSuchPerson} text={noSuchPersonText} />;
  }
  return (
    <article class="account" aria-label={user.displayName || user.username}>
      <a class="account-back small" href={adminHref("people")}>
        <Icon name="back" flips /> {admin.t().backToList}
      </a>
      <Head user={user} />
      <AccountActions user={user} onChanged={() => setVersion(version + 1)} />
      <AccountFacts user={user} />
      <p class="tags small">
        <a href={adminHref("chats", `of-${userId}`)}>{admin.t().theirChats}</a>
        <a href={adminHref("messages", `by-${userId}`)}>{admin.t().theirMessages}</a>
      </p>
      <Section title={admin.t().trail}>
        <AuditList key={version} userId={userId} limit={10} />
        <a class="small" href={adminHref("audit", userId)}>{admin.t().wholeTrail}</a>
      </Section>
    </article>
  );
}

function Head({ user }: { user: Account }) {
  const { id, username, displayName, bio, avatarMediaId, suspension, deactivatedAt } = user;
  const name = displayName || username;
  const isActive = suspension === null && deactivatedAt === null;
  return (
    <header class="account-head">
      <Avatar id={id} name={name} mediaId={avatarMediaId} size="l" />
      <div>
        <h2 dir="auto">{name}</h2>
        <p class="muted">
          <bdi>@{username}</bdi>
        </p>
        <p>
          <span class={isActive ? "tag good" : "tag warning"}>{stateOf(user)}</span>{" "}
          {user.role === "admin" && <span class="tag">{admin.t().administrator}</span>}{" "}
          {user.shadowedAt && <span class="tag warning">{admin.t().shadowed}</span>}{" "}
          {user.bot && <span class="tag">{admin.t().bot}</span>}
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

function stateOf({ suspension, deactivatedAt }: Account): string {
  if (deactivatedAt !== null) return admin.t().deactivated(dateOf(deactivatedAt));
  if (suspension === null) return admin.t().active;
  const { until } = suspension;
  return until === null ? admin.t().suspended : admin.t().suspendedUntil(dateOf(until));
}
