import { computed, signal } from "@preact/signals";

/** `<chatId>`, or `<chatId>/<messageId>` of a link to a message. */
const CHAT = /^([0-9a-f-]{36})(?:\/([0-9a-f-]{36}))?$/;

/** A message that is to be shown as soon as its chat is open. */
export const wantedMessage = signal<{ chatId: string; messageId: string } | null>(null);

/**
 * The address names the open chat or view, so that "back" works: `#<chatId>`, or `#settings` and
 * such. Ids of chats are UUIDs, so the two cannot be confused. A link to a message,
 * `#<chatId>/<messageId>`, becomes one to its chat once it is followed.
 */
const hash = signal(read());

addEventListener("hashchange", () => hash.value = read());

/** A message is named once: going back to its chat later shows where one was. */
function read(): string {
  const named = location.hash.slice(1);
  const [, chatId, messageId] = named.match(CHAT) ?? [];
  if (messageId === undefined) return named;
  wantedMessage.value = { chatId, messageId };
  history.replaceState(null, "", hrefOf(chatId));
  return chatId;
}

/** Id of the open chat; empty if none is open. */
export const openChatId = computed(() => CHAT.test(hash.value) ? hash.value : "");

export const openView = computed(() => openChatId.value === "" ? hash.value : "");

export function hrefOf(chatId: string, messageId?: string): string {
  return messageId === undefined ? `#${chatId}` : `#${chatId}/${messageId}`;
}

export function goTo(target: string): void {
  location.hash = target;
}

export function goToMessage(chatId: string, messageId: string): void {
  location.hash = hrefOf(chatId, messageId);
}
