import { computed, signal } from "@preact/signals";

/**
 * The address names the open chat or view, so that "back" works: `#<chatId>`, or `#settings` and such. Ids of
 * chats are UUIDs, so the two cannot be confused.
 */
const hash = signal(location.hash.slice(1));

addEventListener("hashchange", () => hash.value = location.hash.slice(1));

/** Id of the open chat; empty if none is open. */
export const openChatId = computed(() => /^[0-9a-f-]{36}$/.test(hash.value) ? hash.value : "");

export const openView = computed(() => openChatId.value === "" ? hash.value : "");

export function hrefOf(chatId: string): string {
  return `#${chatId}`;
}

export function goTo(target: string): void {
  location.hash = target;
}
