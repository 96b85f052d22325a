import { ChatError } from "./chat_error.ts";

/** The error of a program that uses the library wrongly: a later try would fail as well. */
export function misuse(action: string, reason: string): ChatError {
  return new ChatError("misuse", `Cannot ${action}: ${reason}`);
}
