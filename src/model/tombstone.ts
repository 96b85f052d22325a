import type { Message } from "./message.ts";

/** Returns the tombstone of a message: only its place, sender and times are left. */
export function tombstone(now: number): Partial<Message> {
  return {
    text: "",
    ciphertext: null,
    media: [],
    mentions: [],
    reactions: [],
    replyTo: null,
    pinnedAt: null,
    custom: null,
    metadata: null,
    deletedAt: now,
  };
}
