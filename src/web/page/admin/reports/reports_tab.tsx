import { useState } from "preact/hooks";
import { useApp } from "../../app/context.ts";
import { Choices } from "../../components/choices.tsx";
import { EmptyState } from "../../components/empty_state.tsx";
import { MoreButton } from "../../components/more_button.tsx";
import { Select } from "../../components/select.tsx";
import { useFilteredPages } from "../../components/use_filtered_pages.ts";
import { showToast } from "../../state/toast.ts";
import { admin } from "../../texts/admin/admin.ts";
import { m } from "../../texts/more.ts";
import { type Report, ReportCard } from "./report_card.tsx";

const PAGE = 20;

/** Reports of people and messages, newest first. */
export function ReportsTab() {
  const { client } = useApp();
  const [shown, setShown] = useState<"open" | "all">("open");
  const [reason, setReason] = useState("");
  const pages = useFilteredPages(
    shown,
    (cursor) => client.call("admin.reports", { open: shown === "open", cursor, limit: PAGE }),
    (report) => reason === "" || report.reason === reason,
  );
  const resolve = async (report: Report, decision: string) => {
    const resolved = await client.call("admin.resolveReport", { reportId: report.id, decision });
    pages.change((items) =>
      shown === "open"
        ? items.filter(({ id }) => id !== report.id)
        : items.map((each) => each.id === report.id ? resolved : each)
    );
    showToast(admin.t().resolvedNow);
  };
  return (
    <>
      <div class="filters">
        <Choices
          label={admin.t().show}
          options={{ open: admin.t().openReports, all: admin.t().allReports }}
          value={shown}
          onChange={(value) => setShown(value as "open" | "all")}
        />
        <Select
          label={admin.t().reason}
          options={{ "": admin.t().anyReason, ...m().reasons }}
          value={reason}
          onChange={setReason}
        />
      </div>
      {pages.isEmpty && <NoReports shown={shown} isFiltered={reason !== ""} />}
      <div class="reports">
        {pages.items?.map((report) => (
          <ReportCard
            key={report.id}
            report={report}
            onResolve={(decision) => resolve(report, decision)}
          />
        ))}
      </div>
      <MoreButton pages={pages} />
    </>
  );
}

function NoReports({ shown, isFiltered }: { shown: "open" | "all"; isFiltered: boolean }) {
  const { noneMatch, noneMatchText, noOpenReports, noOpenReportsText, noReports, noReportsText } =
    admin.t();
  if (isFiltered) return <EmptyState icon="search" title={noneMatch} text={noneMatchText} />;
  return shown === "open"
    ? <EmptyState icon="check" title={noOpenReports} text={noOpenReportsText} />
    : <EmptyState icon="chat" title={noReports} text={noReportsText} />;
}
