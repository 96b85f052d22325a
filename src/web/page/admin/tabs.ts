import type { ComponentType } from "preact";
import type { MoreIconName } from "../components/more_icon.tsx";
import { admin } from "../texts/admin/admin.ts";
import { AuditTab } from "./audit/audit_tab.tsx";
import { PeopleTab } from "./people/people_tab.tsx";
import { ReportsTab } from "./reports/reports_tab.tsx";

export interface AdminTab {
  /** In the address: `#admin/<id>/<target>`. */
  id: string;
  icon: MoreIconName;
  title(): string;
  /** `target` is the rest of the address, such as the id of a person; empty if there is none. */
  view: ComponentType<{ target: string }>;
}

/** The parts of the administrators' view, in the order of the navigation: a new one takes one entry here. */
export const TABS: readonly AdminTab[] = [
  { id: "reports", icon: "flag", title: () => admin.t().reports, view: ReportsTab },
  { id: "people", icon: "people", title: () => admin.t().people, view: PeopleTab },
  { id: "audit", icon: "list", title: () => admin.t().audit, view: AuditTab },
];
