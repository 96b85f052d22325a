import { ChatError } from "./chat_error.ts";

/**
 * Returns the error for a program that uses the library wrongly: a later attempt would fail too.
 */
export function misuse(action: string, reason: string): ChatError {
  return new ChatError("misuse", `Cannot ${action}: ${reason}`);
}
