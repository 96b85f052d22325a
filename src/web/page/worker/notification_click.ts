import { openTabs } from "./tabs.ts";
import { scope } from "./worker_scope.ts";

/** Brings a tab to the front that shows the subject of the notification, or opens one. */
export async function onClick(notification: Notification): Promise<void> {
  notification.close();
  const { hash = "" } = (notification.data ?? {}) as { hash?: string };
  const tabs = await openTabs();
  const tab = tabs.find(({ focused }) => focused) ??
    tabs.find(({ visibilityState }) => visibilityState === "visible") ?? tabs[0];
  if (!tab) return void await scope.clients.openWindow(`/${hash}`);
  tab.postMessage({ kind: "open", hash });
  await tab.focus();
}
