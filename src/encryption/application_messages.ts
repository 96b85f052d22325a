import { fieldError, quote } from "../core/errors.ts";
import { fromBase64Url } from "../core/base64url.ts";
import { parseApplicationMessage } from "./mls/mls_message.ts";

export interface GroupEpoch {
  /** See `Chat.generation`. */
  generation: number;
  epoch: number;
}

/**
 * Returns the group and epoch of an encrypted message from its header, the only part that a server
 * can read (RFC 9420, section 6.3). Throws `invalid_request` unless it is a PrivateMessage with
 * application data for this chat.
 */
export function epochOfMessage(chatId: string, ciphertext: string): GroupEpoch {
  const message = parseApplicationMessage(fromBase64Url(ciphertext));
  if (message.chatId !== chatId) {
    const text = `Cannot send: the ciphertext is for chat ${quote(message.chatId)}, not this one`;
    throw fieldError("invalid_request", "ciphertext", text);
  }
  return { generation: message.generation, epoch: Number(message.epoch) };
}
