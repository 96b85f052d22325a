import { openStorage } from "../state/session.ts";
import { choose, pushState } from "./push_state.ts";
import { forgetSubscription } from "./push_subscription.ts";

/** The person has signed out: this browser gets no more of their pushes, and shows none. */
export async function forgetDevice(): Promise<void> {
  choose(false);
  pushState.value = null;
  await navigator.clearAppBadge?.().catch(() => {});
  await forgetSubscription((await openStorage()).storage);
  const registration = await navigator.serviceWorker?.getRegistration();
  for (const shown of await registration?.getNotifications() ?? []) shown.close();
}
