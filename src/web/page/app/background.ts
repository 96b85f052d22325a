import { startNotifications } from "../notifications/notification_work.ts";
import { hold } from "../state/page_lock.ts";
import { watchInstallation } from "../state/installation.ts";
import { startServiceWorker } from "./service_worker.ts";

/**
 * Everything that the page does unseen, once it is usable. `script`: address of the script that the
 * page began with, whose name is that of the page's version.
 */
export function begin(script: string): void {
  const entry = script.split("/").at(-1)!;
  hold(entry);
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
