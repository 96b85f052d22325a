import type { NotificationView } from "../../../api/views/notification.ts";
import type { SignedIn } from "../state/signed_in.ts";
import { notifications } from "../texts/notifications/notifications.ts";
import { t } from "../texts/texts.ts";

/** Returns the sentence that says what has happened. */
export function notificationText(
  { kind, actorId, chatId, data }: NotificationView,
  { inbox, people }: SignedIn,
): string {
  const texts = notifications.t();
  const name = actorId === null ? t().someone : people.nameOf(actorId);
  // The name of a new group comes after the notification.
  const row = inbox.value.find((each) => each.chatId === chatId);
  const group = row?.title || texts.aGroup;
  switch (kind) {
    case "mention":
      return row?.kind === "direct" ? texts.mentionedYou(name) : texts.mentionedIn(name, group);
    case "reply":
      return texts.repliedToYou(name);
    case "reaction":
      return texts.reacted(name, data.emoji ?? "");
    case "added_to_group":
      return texts.addedYou(name, group);
    case "role_changed":
      return texts.newRole(group, texts.roles[data.role] ?? data.role);
    case "contact_request":
      return data.kind === "group" ? texts.invitesYou(name) : texts.wantsToWrite(name);
    default:
      return texts.security[data.action] ?? texts.accountChanged;
  }
}
