import { type AppError, fieldError, quote } from "../core/errors.ts";
import { checkMentionCount } from "../messages/mentions.ts";
import { checkTextLength } from "../messages/message_sender.ts";
import type { MessageLine } from "./lines.ts";

/** Milliseconds by which clocks may differ. */
const FUTURE_MS = 60_000;

export interface MessageLimits {
  textLength: number;
  mentions: number;
  mediaPerMessage: number;
  reactionKinds: number;
  pins: number;
}

/** Throws `invalid_request` for what the server's limits forbid. */
export function checkMessage(line: MessageLine, limits: MessageLimits, now: number): void {
  if (line.at > now + FUTURE_MS) {
    throw fieldError("invalid_request", "at", "at must not be in the future");
  }
  checkTextLength(line.text ?? "", limits.textLength, "import");
  checkMentionCount(line.mentions, limits.mentions);
  requireAtMost("media", "files", line.media.length, limits.mediaPerMessage);
  requireAtMost("reactions", "emoji", line.reactions.length, limits.reactionKinds);
}

export function notInChat(person: string): AppError {
  const message = `author ${quote(person)} is not among the members of the chat`;
  return fieldError("invalid_request", "author", message);
}

export function noSuchReply(replyTo: string): AppError {
  const message = `replyTo: there is no message ${quote(replyTo)} before it in the chat`;
  return fieldError("not_found", "replyTo", message);
}

function requireAtMost(field: string, unit: string, count: number, max: number): void {
  if (count <= max) return;
  const message = `${field} has ${count} ${unit}, at most ${max} are allowed`;
  throw fieldError("invalid_request", field, message);
}
