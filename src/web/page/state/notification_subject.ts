/** Returns the address in the page of what a notification is about. */
export function hashOfSubject(
  { chatId, messageId }: { chatId?: string | null; messageId?: string | null },
): string {
  if (!chatId) return "#notifications";
  return messageId ? `#${chatId}/${messageId}` : `#${chatId}`;
}
