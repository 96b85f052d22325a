import { useApp } from "../app/context.ts";
import { type AuditEntry, AuditRow } from "../audit/audit_row.tsx";
import { MoreButton } from "../components/more_button.tsx";
import { Section } from "../components/section.tsx";
import { usePages } from "../components/use_pages.ts";
import { account } from "../texts/account/account.ts";

/** Entries that are shown at once: enough to find what one does not remember. */
const PAGE = 8;

/** Actions of the members of a group, who see each other's names there. */
const BY_MEMBERS = new Set(["member.added", "member.role_changed"]);

/** Recorded actions on the account, newest first. */
export function OwnActivity() {
  const { client, people } = useApp();
  const pages = usePages("own", (cursor) => client.call("audit.own", { cursor, limit: PAGE }));
  const actorOf = ({ action, actorId }: AuditEntry) => {
    if (actorId === client.userId) return "";
    if (actorId === null) return account.t().byServer;
    return BY_MEMBERS.has(action) ? people.nameOf(actorId) : account.t().byOthers;
  };
  const subjectOf = ({ userId, details }: AuditEntry) => {
    const other = details.userId ?? (userId === client.userId ? null : userId);
    return other ? people.nameOf(other) : "";
  };
  return (
    <Section title={account.t().activity}>
      <p class="muted small">
        {pages.items?.length === 0 ? account.t().noActivity : account.t().activityText}
      </p>
      <ul class="audit-list">
        {pages.items?.map((entry) => (
          <AuditRow
            key={entry.id}
            entry={entry}
            actor={actorOf(entry)}
            subject={subjectOf(entry)}
          />
        ))}
      </ul>
      <MoreButton pages={pages} />
    </Section>
  );
}
