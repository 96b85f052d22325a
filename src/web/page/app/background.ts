import { startNotifications } from "../notifications/notification_work.ts";
import { watchInstallation } from "../state/installation.ts";
import { startServiceWorker } from "./service_worker.ts";

/** Everything that the page does unseen, once it is usable. `entry`: name of the page's version. */
export function begin(entry: string): void {
  offerInstallation();
  void startServiceWorker(entry);
  startNotifications();
}

/** Not in the page's markup, where its file would be fetched beside what the first screen needs. */
function offerInstallation(): void {
  watchInstallation();
  const manifest = { rel: "manifest", href: "/web/manifest.webmanifest" };
  document.head.append(Object.assign(document.createElement("link"), manifest));
}
