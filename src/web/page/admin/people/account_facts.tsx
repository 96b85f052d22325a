import { admin } from "../../texts/admin/admin.ts";
import { bytesOf } from "../../texts/amounts.ts";
import { dateOf, shortMomentOf } from "../../texts/format.ts";
import type { Account } from "./people_query.ts";

/** Properties of an account besides its profile. */
export function AccountFacts({ user }: { user: Account }) {
  return (
    <dl class="facts">
      {factsOf(user).map(([name, value]) => (
        <div key={name}>
          <dt class="muted small">{name}</dt>
          <dd dir="auto">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function factsOf(user: Account): [string, string][] {
  const { email, emailVerifiedAt, externalId, twoFactorEnabled, createdAt, lastSeenAt } = user;
  const { sessions, storageBytes, reports } = user;
  const { facts, confirmed, notConfirmed, on, off, never, reportCount } = admin.t();
  const address = email && `${email} (${emailVerifiedAt === null ? notConfirmed : confirmed})`;
  const known: [string, string | null][] = [
    [facts.email, address],
    [facts.externalId, externalId],
    [facts.secondFactor, twoFactorEnabled ? on : off],
    [facts.created, dateOf(createdAt)],
    [facts.lastSeen, lastSeenAt === null ? never : shortMomentOf(lastSeenAt)],
    [facts.sessions, String(sessions)],
    [facts.storage, bytesOf(storageBytes)],
    [facts.reports, reportCount(reports.total, reports.open)],
  ];
  return known.filter((fact): fact is [string, string] => fact[1] !== null);
}
