import { useState } from "preact/hooks";
import { useApp } from "../../app/context.ts";
import type { AuditEntry } from "../../audit/audit_row.tsx";
import { Select } from "../../components/select.tsx";
import { admin } from "../../texts/admin/admin.ts";
import { adminHref } from "../admin_href.ts";
import { AuditList } from "./audit_list.tsx";
import { PersonFilter } from "./person_filter.tsx";

const PAGE = 50;

/** Kinds of actions by the first words of their names. */
const KINDS: Record<string, RegExp> = {
  all: /^/,
  account: /^(account|username|data|admin)\./,
  session: /^session\./,
  credential: /^(password|email|second_factor|provider)\./,
  moderation: /^(report|user|chat)\./,
  integration: /^(api_key|webhook|filters|hook)\./,
  group: /^(group|member|encryption)\./,
};

/** Everything that was recorded, or everything about one person. */
export function AuditTab({ target }: { target: string }) {
  const [kind, setKind] = useState("all");
  const matches = ({ action }: AuditEntry) => KINDS[kind].test(action);
  return (
    <>
      <div class="filters">
        <Select
          label={admin.t().kind}
          options={admin.t().kinds}
          value={kind}
          onChange={setKind}
        />
        {target === "" ? <PersonFilter /> : <ChosenPerson userId={target} />}
      </div>
      <AuditList userId={target || undefined} limit={PAGE} matches={matches} />
    </>
  );
}

function ChosenPerson({ userId }: { userId: string }) {
  const { people } = useApp();
  return (
    <div class="chosen-person">
      <span>{admin.t().about(people.nameOf(userId))}</span>
      <a class="button secondary" href={adminHref("audit")}>{admin.t().clearPerson}</a>
    </div>
  );
}
