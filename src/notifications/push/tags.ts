import type { NotifiableKind } from "../../model/notification.ts";

/**
 * Returns the collapse key of a push: a later push with this key replaces it, and one that shows
 * nothing withdraws it. The messages of a chat share one; a reaction must not replace an unread
 * message.
 */
export function pushTag(kind: NotifiableKind, chatId: string, messageId: string | null): string {
  switch (kind) {
    case "reaction":
      return `reaction:${messageId}`;
    case "added_to_group":
    case "role_changed":
      return `group:${chatId}`;
    default:
      return chatId;
  }
}
