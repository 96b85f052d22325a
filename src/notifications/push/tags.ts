import type { NotifiableKind } from "../../model/notification.ts";

/**
 * The collapse key of a push: a later one with the same key takes its place, and one that shows nothing
 * takes it back. Messages of a chat share one; a reaction must not take the place of an unread message.
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
