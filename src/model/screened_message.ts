import type { CustomData } from "./custom_data.ts";

/** A message, or a new text of one, before it is stored. */
export interface ScreenedMessage {
  senderId: string;
  /** Null for the first message to `recipientId`. */
  chatId: string | null;
  /** The other person of a direct chat, where it names the chat. */
  recipientId: string | null;
  /** The sender's own name for a send. */
  clientId: string | null;
  /** The message that is edited; null for a send. */
  messageId: string | null;
  text: string;
  custom: CustomData | null;
  mentions: string[];
  mediaIds: string[];
  replyTo: string | null;
}
