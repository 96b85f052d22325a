import { useState } from "preact/hooks";
import type { Output } from "../../../../client/mod.ts";
import { useApp } from "../../app/context.ts";
import { attempt } from "../../components/attempt.ts";
import { Form } from "../../components/form.tsx";
import { admin } from "../../texts/admin/admin.ts";
import { momentOf, shortMomentOf } from "../../texts/format.ts";
import { m } from "../../texts/more.ts";
import { t } from "../../texts/texts.ts";
import { adminHref } from "../admin_href.ts";
import { PersonLine } from "../person_line.tsx";
import { Evidence } from "./evidence.tsx";

export type Report = Output<"admin.reports">["items"][number];

interface ReportCardProps {
  report: Report;
  onResolve(decision: string): Promise<void>;
}

/** One report: whom it is about, what was written, and the decision. */
export function ReportCard({ report, onResolve }: ReportCardProps) {
  const { people } = useApp();
  const { userId, reporterId, createdAt, resolvedAt, resolvedBy, reason, details } = report;
  return (
    <article class="report" aria-label={admin.t().reportOf(people.nameOf(userId))}>
      <header>
        <PersonLine userId={userId} size="m" />
        <span class={resolvedAt ? "tag" : "tag warning"}>{m().reasons[reason]}</span>
      </header>
      <p class="muted small">
        <time dateTime={createdAt} title={momentOf(createdAt)}>
          {admin.t().reported(shortMomentOf(createdAt))}
        </time>{" "}
        {admin.t().by}{" "}
        <a href={adminHref("people", reporterId)}>
          <bdi>{people.nameOf(reporterId)}</bdi>
        </a>
      </p>
      {details && <p class="report-details" dir="auto">{details}</p>}
      <Evidence evidence={report.evidence} />
      {resolvedAt
        ? (
          <p class="muted small">
            {admin.t().resolved(shortMomentOf(resolvedAt))}{" "}
            {resolvedBy && admin.t().resolvedBy(people.nameOf(resolvedBy))}
          </p>
        )
        : <Decision userId={userId} onResolve={onResolve} />}
    </article>
  );
}

/** The ways to deal with an open report. */
function Decision({ userId, onResolve }: { userId: string } & Pick<ReportCardProps, "onResolve">) {
  const [isWriting, setWriting] = useState(false);
  if (isWriting) {
    return (
      <div class="disclosure">
        <Form label={admin.t().resolve} onSubmit={({ decision }) => onResolve(decision)}>
          <label class="field">
            <span>{admin.t().decision}</span>
            <textarea
              name="decision"
              rows={2}
              maxLength={500}
              dir="auto"
              ref={(field) => field?.focus()}
            />
          </label>
        </Form>
        <button type="button" class="link-button" onClick={() => setWriting(false)}>
          {t().cancel}
        </button>
      </div>
    );
  }
  return (
    <div class="row-buttons">
      <button type="button" class="button primary" onClick={() => setWriting(true)}>
        {admin.t().resolve}
      </button>
      <button
        type="button"
        class="button secondary"
        onClick={() => void attempt(() => onResolve(admin.t().dismissed))}
      >
        {admin.t().dismiss}
      </button>
      <a class="button secondary" href={adminHref("people", userId)}>{admin.t().seePerson}</a>
    </div>
  );
}
