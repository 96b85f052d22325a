import type { Chat } from "../../model/chat.ts";
import type { MediaAttachment } from "../../model/media_attachment.ts";
import type { Message } from "../../model/message.ts";
import type { NotifiableKind } from "../../model/notification.ts";
import type { Push } from "./sender.ts";

export interface PushSubject {
  kind: NotifiableKind;
  chat: Chat;
  message: Message | null;
  actorName: string;
  data: Record<string, string>;
}

/**
 * The text that the device shows. Null if nothing may be revealed: encrypted chats, hidden content.
 */
export function alertOf(subject: PushSubject, hidden: boolean): Push["alert"] {
  if (hidden || subject.chat.encrypted) return null;
  const { kind, chat, message, actorName, data } = subject;
  const group = chat.kind === "group";
  const title = group ? chat.name : actorName;
  const by = (body: string) => ({ title, body: group ? `${actorName}: ${body}` : body });
  switch (kind) {
    case "reaction":
      return { title, body: `${actorName} reacted ${data.emoji} to your message` };
    case "added_to_group":
      return { title: chat.name, body: `${actorName} added you to the group` };
    case "role_changed":
      return { title: chat.name, body: `You are now ${data.role} of the group` };
    default:
      return message && by(message.text || describeFiles(message.media));
  }
}

const NAMES = { image: "Picture", video: "Video", audio: "Sound", file: "File" };

/** The sender may have deleted the files since, so the list may be empty. */
function describeFiles(media: MediaAttachment[]): string {
  return media.length > 1 ? `${media.length} files` : NAMES[media[0]?.kind ?? "file"];
}

const SECURITY: Record<string, string> = {
  "session.opened": "Your account was signed in to on another device",
  "session.refresh_reused": "A copied sign-in was used, and has been ended",
  "password.changed": "Your password was changed",
  "password.reset": "Your password was reset",
  "email.changed": "Your e-mail address was changed",
  "username.changed": "Your username was changed",
  "second_factor.enabled": "The second factor was turned on",
  "second_factor.disabled": "The second factor was turned off",
  "second_factor.recovery_code_used": "A recovery code was used to sign in",
  "second_factor.recovery_codes_renewed": "Your recovery codes were renewed",
  "provider.linked": "Another way to sign in was added",
  "provider.unlinked": "A way to sign in was removed",
  "encryption.device_added": "A device was added that reads your encrypted chats",
  "encryption.device_removed": "A device was removed from your encrypted chats",
};

/** Account changes that the owner is notified of, in the app and by a push. */
export function isSecurityEvent(action: string): boolean {
  return Object.hasOwn(SECURITY, action);
}

/** The text of a notification that belongs to no chat; `hidden` as for `alertOf`. */
export function notificationAlert(
  kind: NotifiableKind,
  data: Record<string, string>,
  hidden: boolean,
): Push["alert"] {
  if (hidden) return null;
  if (kind === "contact_request") {
    const body = data.kind === "group"
      ? "You are invited to a group"
      : "Someone asks to write to you";
    return { title: "New request", body };
  }
  return { title: "Security", body: SECURITY[data.action] ?? "Your account was changed" };
}
