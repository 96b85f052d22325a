import { useApp } from "../../app/context.ts";
import { type AuditEntry, AuditRow } from "../../audit/audit_row.tsx";
import { EmptyState } from "../../components/empty_state.tsx";
import { MoreButton } from "../../components/more_button.tsx";
import { useFilteredPages } from "../../components/use_filtered_pages.ts";
import { goTo } from "../../state/route.ts";
import { account } from "../../texts/account/account.ts";
import { admin } from "../../texts/admin/admin.ts";
import { adminHref } from "../admin_href.ts";

interface AuditListProps {
  /** Only entries about this person, or by them. */
  userId?: string;
  limit: number;
  matches?(entry: AuditEntry): boolean;
}

/** Entries of the audit log, newest first. */
export function AuditList({ userId, limit, matches = () => true }: AuditListProps) {
  const { client, people } = useApp();
  const pages = useFilteredPages(
    userId ?? "",
    (cursor) => client.call("audit.all", { userId, cursor, limit }),
    matches,
  );
  const actorOf = ({ actorId }: AuditEntry) =>
    actorId === null ? account.t().byServer : people.nameOf(actorId);
  if (pages.isEmpty) {
    const { noEntries, noEntriesText } = admin.t();
    return <EmptyState icon="clock" title={noEntries} text={noEntriesText} />;
  }
  return (
    <>
      <ul class="audit-list">
        {pages.items?.map((entry) => {
          const subjectId = subjectOf(entry, userId);
          return (
            <AuditRow
              key={entry.id}
              entry={entry}
              actor={actorOf(entry)}
              subject={subjectId && people.nameOf(subjectId)}
              onSubject={() => goTo(adminHref("people", subjectId))}
            />
          );
        })}
      </ul>
      <MoreButton pages={pages} />
    </>
  );
}

/** Id of the person concerned, unless the list is about them, or they did it themselves. */
function subjectOf({ userId, actorId, details }: AuditEntry, about?: string): string {
  const subject = details.userId ?? userId;
  return subject === null || subject === actorId || subject === about ? "" : subject;
}
