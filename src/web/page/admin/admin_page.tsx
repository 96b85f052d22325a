import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { ConnectionBanner } from "../app/connection_banner.tsx";
import { EmptyState } from "../components/empty_state.tsx";
import { Icon } from "../components/icon.tsx";
import { MoreIcon } from "../components/more_icon.tsx";
import { openView } from "../state/route.ts";
import { admin } from "../texts/admin/admin.ts";
import { t } from "../texts/texts.ts";
import { adminHref } from "./admin_href.ts";
import { type AdminTab, TABS } from "./tabs.ts";
import { useAdminAccess } from "./use_admin_access.ts";

/** The administrators' view: one tab at a time. */
export function AdminPage() {
  const [, id, target = ""] = openView.value.split("/");
  const tab = TABS.find((each) => each.id === id) ?? TABS[0];
  useEffect(() => {
    document.title = `${tab.title()} – ${admin.t().title}`;
    return () => document.title = t().appName;
  }, [tab]);
  return (
    <div class="admin">
      <ConnectionBanner />
      <AdminNav tab={tab} />
      <main class="admin-content">
        <h1>{tab.title()}</h1>
        <Guarded>
          <tab.view key={tab.id} target={target} />
        </Guarded>
      </main>
    </div>
  );
}

function AdminNav({ tab }: { tab: AdminTab }) {
  const nav = useRef<HTMLElement>(null);
  // On a phone, the tabs are wider than the screen.
  useEffect(() => {
    nav.current!.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [tab]);
  return (
    <nav ref={nav} class="admin-nav" aria-label={admin.t().title}>
      <a class="admin-back" href="#">
        <Icon name="back" flips />
        <span>{admin.t().back}</span>
      </a>
      <ul>
        {TABS.map((each) => (
          <li key={each.id}>
            <a
              href={adminHref(each.id)}
              aria-current={each.id === tab.id ? "page" : undefined}
            >
              <MoreIcon name={each.icon} />
              {each.title()}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Says why, where the server does not take the person for an administrator. */
function Guarded({ children }: { children: preact.ComponentChildren }) {
  const access = useAdminAccess(useApp().client);
  if (access === "granted") return <>{children}</>;
  if (access === "pending") return <p class="muted">{t().loading}</p>;
  return <EmptyState icon="lock" title={admin.t().notAdmin} text={access.refused} />;
}
