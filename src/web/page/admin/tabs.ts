import type { ComponentType } from "preact";
import type { MoreIconName } from "../components/more_icon.tsx";
import { admin } from "../texts/admin/admin.ts";
import { integrations } from "../texts/integrations/integrations.ts";
import { moderation } from "../texts/moderation/moderation.ts";
import { AuditTab } from "./audit/audit_tab.tsx";
import { PeopleTab } from "./people/people_tab.tsx";
import { ReportsTab } from "./reports/reports_tab.tsx";

interface TabProps {
  /** The rest of the address, such as the id of a person; empty if there is none. */
  target: string;
}

export interface AdminTab {
  /** In the address: `#admin/<id>/<target>`. */
  id: string;
  icon: MoreIconName;
  title(): string;
  view: ComponentType<TabProps>;
}

const ChatsTab = moderation.lazily<TabProps>(async () =>
  (await import("./chats/chats_tab.tsx")).ChatsTab
);
const MessagesTab = moderation.lazily<TabProps>(async () =>
  (await import("./messages/messages_tab.tsx")).MessagesTab
);
const StatisticsTab = moderation.lazily<TabProps>(async () =>
  (await import("./statistics/statistics_tab.tsx")).StatisticsTab
);
const RulesTab = integrations.lazily<TabProps>(async () =>
  (await import("./rules/rules_tab.tsx")).RulesTab
);
const WebhooksTab = integrations.lazily<TabProps>(async () =>
  (await import("./webhooks/webhooks_tab.tsx")).WebhooksTab
);
const KeysTab = integrations.lazily<TabProps>(async () =>
  (await import("./keys/keys_tab.tsx")).KeysTab
);
const BotsTab = integrations.lazily<TabProps>(async () =>
  (await import("./bots/bots_tab.tsx")).BotsTab
);

/**
 * The parts of the administrators' view, in the order of the navigation: a new one takes one entry
 * here.
 */
export const TABS: readonly AdminTab[] = [
  { id: "reports", icon: "flag", title: () => admin.t().reports, view: ReportsTab },
  { id: "people", icon: "people", title: () => admin.t().people, view: PeopleTab },
  { id: "chats", icon: "chats", title: () => admin.t().chats, view: ChatsTab },
  { id: "messages", icon: "mail", title: () => admin.t().messages, view: MessagesTab },
  { id: "statistics", icon: "chart", title: () => admin.t().statistics, view: StatisticsTab },
  { id: "audit", icon: "list", title: () => admin.t().audit, view: AuditTab },
  { id: "rules", icon: "shield", title: () => admin.t().rules, view: RulesTab },
  { id: "webhooks", icon: "link", title: () => admin.t().webhooks, view: WebhooksTab },
  { id: "keys", icon: "key", title: () => admin.t().keys, view: KeysTab },
  { id: "bots", icon: "bot", title: () => admin.t().bots, view: BotsTab },
];
