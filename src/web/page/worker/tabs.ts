import type { WorkerMessage } from "../state/worker_message.ts";
import { scope, type WindowClient } from "./worker_scope.ts";

/** Returns the open tabs with the page; other pages of this server are left alone. */
export async function openTabs(): Promise<WindowClient[]> {
  const all = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  return all.filter(({ url }) => new URL(url).pathname === "/");
}

export async function tellTabs(message: WorkerMessage): Promise<void> {
  for (const tab of await openTabs()) tab.postMessage(message);
}
