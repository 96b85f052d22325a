import type { Chat } from "../model/chat.ts";
import type { CustomData } from "../model/custom_data.ts";
import type { Message } from "../model/message.ts";
import type { ScreenedMessage } from "../model/screened_message.ts";

export type Admit = (chat: Chat | null) => Promise<void>;

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
   * Resolves in the order in which each sender's messages for a chat were passed in; null while
   * there are no rules. Rejects with `message_refused`, and with `unavailable` if the backend must
   * be asked and does not answer, and as `admit` does: it gets the chat, null if there is none yet,
   * and throws where the write would refuse the message whatever its text: then it is shown to no
   * backend. Called outside of any transaction and lock.
   */
  screen(message: ScreenedMessage, admit: Admit): Promise<Screened> | null;
  /** Called once a message with reported words is stored. */
  stored(message: Message, reported: string[]): Promise<void>;
}
