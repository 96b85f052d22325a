import type { MessageView } from "../../api/views/message.ts";
import { type Bytes, fromUtf8, utf8 } from "../mls/encoding.ts";
import { decodeContent, type MessageContent } from "../mls/message_content.ts";
import { MlsClientError, type MlsClientErrorCode } from "../mls/mls_client_error.ts";
import type { MlsGroup } from "../mls/mls_group.ts";
import type { EncryptionContext } from "./context.ts";

/** The content of a message, or the reason why it cannot be read. */
export type Reading =
  | { content: MessageContent }
  | { fault: MlsClientErrorCode | "unsupported" };

/**
 * Stores decrypted messages on this device: the key of a message is erased once it has been used.
 */
export class Plaintexts {
  /** `marksOf`: entries that are stored along with the message of that name. */
  constructor(
    private readonly context: EncryptionContext,
    private readonly marksOf: (name: string) => Record<string, Bytes>,
  ) {}

  /** Stores an own message before it is sent: a device has no key for its own messages. */
  async keepOwn(chatId: string, content: MessageContent): Promise<void> {
    const name = this.#name(chatId, this.context.userId, content.clientId);
    await this.#write(name, { content });
  }

  /** Returns the stored result of reading a message. */
  async known(message: MessageView): Promise<Reading | null> {
    const name = this.#name(message.chatId, message.senderId, message.clientId);
    const stored = await this.context.store.read(name);
    return stored ? JSON.parse(fromUtf8(stored)) : null;
  }

  async read(group: MlsGroup, message: MessageView): Promise<Reading> {
    const known = await this.known(message);
    if (known) return known;
    let reading: Reading = { fault: "bad_message" };
    try {
      await group.decrypt(message.ciphertext!, async ({ sender, plaintext }) => {
        reading = sender.userId === message.senderId
          ? readingOf(plaintext, message.clientId)
          : { fault: "bad_message" };
        await this.#keep(message, reading);
      });
    } catch (error) {
      if (!(error instanceof MlsClientError)) throw error;
      if (error.code === "unreadable") throw error;
      reading = { fault: error.code };
      await this.#keep(message, reading);
    }
    return reading;
  }

  async forget(chatId: string): Promise<void> {
    const names = await this.context.store.names(`plain/${chatId}/`);
    await this.context.store.write(Object.fromEntries(names.map((name) => [name, null])));
  }

  async #keep(message: MessageView, reading: Reading): Promise<void> {
    const name = this.#name(message.chatId, message.senderId, message.clientId);
    await this.#write(name, reading);
  }

  async #write(name: string, reading: Reading): Promise<void> {
    // A message that cannot be read here may be read by another device, whose backup has it.
    const marks = "content" in reading ? this.marksOf(name) : {};
    await this.context.store.write({ [name]: utf8(JSON.stringify(reading)), ...marks });
  }

  #name(chatId: string, senderId: string, clientId: string): string {
    return `plain/${chatId}/${senderId}/${clientId}`;
  }
}

/** A message with unexpected content counts as unreadable. */
function readingOf(plaintext: Uint8Array, clientId: string): Reading {
  try {
    const content = decodeContent(plaintext, clientId);
    return content.kind === "unsupported" ? { fault: "unsupported" } : { content };
  } catch (error) {
    if (error instanceof MlsClientError) return { fault: error.code };
    throw error;
  }
}
