import { AppError, quote } from "../core/errors.ts";

/** Chat limits of the people in a change, as far as an earlier failed attempt found them out. */
export interface ChatLimits {
  /** Maximum number of chats that a person may be a member of. */
  maxChats: number;
  /** Ids of the people who have reached `maxChats`. */
  full: ReadonlySet<string>;
}

export const NO_LIMITS: ChatLimits = { maxChats: Number.MAX_SAFE_INTEGER, full: new Set() };

export function tooManyChats(userId: string, max: number): AppError {
  const who = quote(userId);
  const message = `Cannot add ${who} to the chat: they are in ${max} chats, and may be in no more`;
  return new AppError("conflict", message);
}
