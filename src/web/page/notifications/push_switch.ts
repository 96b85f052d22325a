import { openStorage } from "../state/session.ts";
import type { SignedIn } from "../state/signed_in.ts";
import { choose, isChosen, pushState } from "./push_state.ts";
import { subscribe, unsubscribe } from "./push_subscription.ts";

/** Called at each visit: takes up what was chosen in this browser. */
export async function takeUpPush({ client }: SignedIn): Promise<void> {
  if (!("Notification" in globalThis)) pushState.value = "unsupported";
  else if (Notification.permission === "denied") pushState.value = "refused";
  else if (!isChosen() || Notification.permission !== "granted") pushState.value = "off";
  else pushState.value = await isSubscribed(client) ? "always" : "page";
}

/** Asks the person for the browser's permission; only after a click. */
export async function turnOnPush(app: SignedIn): Promise<void> {
  const permission = await Notification.requestPermission();
  choose(permission === "granted");
  await takeUpPush(app);
}

export async function turnOffPush({ client }: SignedIn): Promise<void> {
  choose(false);
  pushState.value = "off";
  await unsubscribe(client, (await openStorage()).storage);
}

async function isSubscribed(client: SignedIn["client"]): Promise<boolean> {
  return await subscribe(client, (await openStorage()).storage);
}
