import type { CustomData } from "../model/custom_data.ts";
import type { Message } from "../model/message.ts";

/** A message, or a new text of one, before it is stored. */
export interface ScreenedMessage {
  senderId: string;
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

/** Result of screening. */
export interface Screened {
  /** The text to store. */
  text: string;
  /** The custom data to store, if it was changed. */
  custom?: CustomData | null;
  /** Words of the text that administrators want to see reported. */
  reported: string[];
}

/** Rules of administrators and of the customer's backend for messages that are not encrypted. */
export interface MessageScreen {
  /** False while there are no rules. */
  readonly isOn: boolean;
  /**
   * Resolves in the order in which each sender's messages for a chat were passed in; null while there
   * are no rules. Rejects with `message_refused`, and with `unavailable` if the backend must be asked
   * and does not answer. Called outside of any transaction and lock.
   */
  screen(message: ScreenedMessage): Promise<Screened> | null;
  /** Called once a message with reported words is stored. */
  stored(message: Message, reported: string[]): Promise<void>;
}
