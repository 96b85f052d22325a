import { signal } from "@preact/signals";
import { goTo } from "./route.ts";

/** A message that is to be shown as soon as its chat is open. */
export const wantedMessage = signal<{ chatId: string; messageId: string } | null>(null);

export function goToMessage(chatId: string, messageId: string): void {
  wantedMessage.value = { chatId, messageId };
  goTo(chatId);
}
