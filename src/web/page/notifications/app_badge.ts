import { effect } from "@preact/signals";
import type { SignedIn } from "../state/signed_in.ts";

/** Shows the number of unread messages at the icon of the installed app; returns what stops it. */
export function keepAppBadge({ totalUnread, hasInbox }: SignedIn): () => void {
  return effect(() => {
    const count = totalUnread.value;
    // Until the chats are known, the number of the last visit is the better one.
    if (hasInbox.value) void navigator.setAppBadge?.(count).catch(() => {});
  });
}
